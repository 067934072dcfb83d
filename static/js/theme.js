// Runs before the first paint, so that a dark page never flashes white.
(() => {
  const media = window.matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try {
      return localStorage.getItem("theme") || "system";
    } catch {
      return "system";
    }
  };

  const apply = () => {
    const choice = chosen();
    const dark = choice === "dark" || (choice === "system" && media.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    for (const item of document.querySelectorAll("[data-theme-choice]")) {
      item.classList.toggle("active", item.dataset.themeChoice === choice);
    }
    document.dispatchEvent(new Event("simfleet:theme"));
  };

  apply();
  media.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    const item = event.target.closest("[data-theme-choice]");
    if (!item) return;
    try {
      localStorage.setItem("theme", item.dataset.themeChoice);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    apply();
  });
})();
