// Keyboard: / searches, j and k move, x selects, Enter opens, ? helps.
(() => {
  const typing = (element) => element.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("is-current"));
    const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
    all[at]?.classList.remove("is-current");
    next.classList.add("is-current");
    next.scrollIntoView({ block: "nearest" });
    (next.querySelector("a, input") || next).focus({ preventScroll: true });
  };

  // Rows that are shown again while an operation runs keep the place and the focus.
  let kept = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const row = event.detail.target?.querySelector?.("tr.is-current");
    kept = row && { href: row.dataset.href, focused: row.contains(document.activeElement) };
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    const row = rows().find((candidate) => candidate.dataset.href === kept.href);
    row?.classList.add("is-current");
    if (kept.focused) row?.querySelector("a, input")?.focus({ preventScroll: true });
    kept = null;
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const current = document.querySelector("[data-rows] tr.is-current");
    switch (event.key) {
      case "/": {
        const search = document.getElementById("search");
        if (!search) return;
        search.focus();
        search.select();
        break;
      }
      case "j":
        move(1);
        break;
      case "k":
        move(-1);
        break;
      case "x": {
        const box = current?.querySelector("input[name=ids]");
        if (!box) return;
        box.click();
        break;
      }
      case "Enter":
        // A focused link or button does its own work.
        if (!current || event.target.closest("a, button, summary")) return;
        location.assign(current.dataset.href);
        break;
      case "?":
        document.getElementById("keyboard-help").showModal();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
})();
