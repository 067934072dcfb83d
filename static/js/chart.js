// Draws the charts of a page from the tables beside them. The table stays: it is the text of the chart.
(() => {
  const COLOURS = {
    enabled: "--tblr-green",
    disabled: "--tblr-gray-400",
    standby: "--tblr-azure",
    data_limit_exceeded: "--tblr-orange",
    unauthorized_imei: "--tblr-red",
    blocked: "--tblr-red",
    registering: "--tblr-blue",
    enabling: "--tblr-indigo",
    disabling: "--tblr-gray-500",
    setting_standby: "--tblr-cyan",
  };

  const draw = () => {
    if (!window.echarts) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    for (const table of document.querySelectorAll("[data-chart-source]")) {
      const place = document.getElementById(table.dataset.chartSource);
      const chart = window.echarts.getInstanceByDom(place) || window.echarts.init(place, null, { renderer: "svg" });
      if (table.dataset.chartKind === "bars") {
        const rows = [...table.querySelectorAll("tr[data-value]")];
        chart.setOption({
          animation: false,
          tooltip: { renderMode: "richText", trigger: "axis", formatter: ([bar]) => rows[bar.dataIndex].dataset.text },
          grid: { left: 8, right: 8, top: 12, bottom: 4, containLabel: true },
          xAxis: { type: "category", data: rows.map((row) => row.dataset.name), axisLabel: { color: colour("--tblr-secondary") } },
          yAxis: {
            type: "value",
            axisLabel: { color: colour("--tblr-secondary") },
            splitLine: { lineStyle: { color: colour("--tblr-border-color") } },
          },
          series: [{ type: "bar", itemStyle: { color: colour("--tblr-primary") }, data: rows.map((row) => Number(row.dataset.value)) }],
        });
        continue;
      }
      const data = [...table.querySelectorAll("tr[data-value]")].map((row) => ({
        name: row.dataset.name,
        value: Number(row.dataset.value),
        itemStyle: { color: colour(COLOURS[row.dataset.status] || "--tblr-purple") },
      }));
      chart.setOption({
        animation: false,
        // Rich text draws the tooltip itself; HTML would need inline styles, which our policy forbids.
        tooltip: { renderMode: "richText", formatter: "{b}: {c} ({d} %)" },
        series: [
          {
            type: "pie",
            radius: ["58%", "88%"],
            label: { show: false },
            itemStyle: { borderColor: colour("--tblr-bg-surface"), borderWidth: 2 },
            data,
          },
        ],
      });
    }
  };

  document.addEventListener("DOMContentLoaded", draw);
  document.addEventListener("htmx:afterSettle", draw);
  document.addEventListener("simfleet:theme", () => setTimeout(draw));
  window.addEventListener("resize", () => {
    for (const place of document.querySelectorAll("[data-chart]")) window.echarts?.getInstanceByDom(place)?.resize();
  });
})();
