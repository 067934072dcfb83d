// The selection of a list: rows, the page, or all that match.
(() => {
  const form = () => document.querySelector("form[data-selection]");
  const boxes = (root) => [...root.querySelectorAll("input[name=ids]")];
  let last = null;

  const show = () => {
    const root = form();
    if (!root) return;
    const all = root.elements.all.value === "1";
    const rows = boxes(root);
    const checked = rows.filter((box) => box.checked).length;
    const count = all ? Number(root.dataset.total) : checked;
    const page = root.querySelector("[data-select-page]");
    if (page) {
      page.checked = rows.length > 0 && checked === rows.length;
      page.indeterminate = checked > 0 && checked < rows.length;
    }
    root.querySelector("[data-selection-none]").hidden = count > 0;
    root.querySelector("[data-selection-some]").hidden = count === 0;
    // All that match may be an estimate, and then says so.
    const mark = all && root.dataset.totalMark ? `${root.dataset.totalMark} ` : "";
    root.querySelector("[data-selection-count]").textContent = mark + count.toLocaleString("en");
    const selectAll = root.querySelector("[data-select-all]");
    if (selectAll) selectAll.hidden = all || checked === 0 || checked < rows.length;
    root.querySelector("[data-select-none]").hidden = count === 0;
    for (const button of root.querySelectorAll("[data-bulk-action]")) {
      button.disabled = count === 0;
      button.title = count === 0 ? "Select SIM cards first" : "";
    }
    for (const box of rows) box.closest("tr").classList.toggle("is-selected", box.checked);
  };

  document.addEventListener("click", (event) => {
    const root = form();
    if (!root) return;
    if (event.target.closest("[data-select-all]")) {
      root.elements.all.value = "1";
      show();
    } else if (event.target.closest("[data-select-none]")) {
      root.elements.all.value = "";
      for (const box of boxes(root)) box.checked = false;
      show();
    } else if (event.target.matches("input[name=ids]") && event.shiftKey && last) {
      const rows = boxes(root);
      const [from, to] = [rows.indexOf(last), rows.indexOf(event.target)].sort((a, b) => a - b);
      if (from >= 0) for (const box of rows.slice(from, to + 1)) box.checked = event.target.checked;
      show();
    }
    if (event.target.matches("input[name=ids]")) last = event.target;
  });

  document.addEventListener("change", (event) => {
    const root = form();
    if (!root || !root.contains(event.target)) return;
    if (event.target.matches("[data-select-page]")) {
      for (const box of boxes(root)) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-select-page], input[name=ids]")) {
      // Whoever touches a single box means rows again, not all that match.
      root.elements.all.value = "";
      show();
    }
  });

  // Rows that are shown again keep their selection; a new list starts without one.
  let kept = new Set();
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "sim-card-rows") return;
    kept = new Set(boxes(event.detail.target).filter((b) => b.checked).map((b) => b.value));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "sim-card-rows") {
      for (const box of boxes(event.detail.target)) box.checked = kept.has(box.value);
    }
    show();
  });
  document.addEventListener("closeDialog", () => {
    const root = form();
    if (!root) return;
    root.elements.all.value = "";
    for (const box of boxes(root)) box.checked = false;
    show();
  });
  document.addEventListener("DOMContentLoaded", show);
  window.addEventListener("pageshow", show);
})();
