// Toasts, dialogs, copy buttons, and what htmx leaves to the page.
(() => {
  const toast = (text, level = "success") => {
    const card = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
    card.classList.add(`toast-${level}`);
    card.querySelector(".toast-text").textContent = text;
    card.querySelector(".btn-close").addEventListener("click", () => card.remove());
    document.getElementById("toasts").append(card);
    // A failure stays until somebody has read it.
    if (level !== "danger") setTimeout(() => card.remove(), 6000);
  };

  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));

  const dialog = () => document.getElementById("dialog");
  document.addEventListener("closeDialog", () => dialog().close());
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "dialog-body" && !dialog().open) dialog().showModal();
  });

  document.addEventListener("click", async (event) => {
    const closer = event.target.closest("[data-close-dialog]");
    closer?.closest("dialog")?.close();

    const copier = event.target.closest("[data-copy]");
    if (copier) {
      try {
        await navigator.clipboard.writeText(copier.dataset.copy);
        toast(`Copied ${copier.dataset.copy}`);
      } catch {
        toast("The browser does not allow copying here.", "warning");
      }
    }

    const filler = event.target.closest("[data-fill-sign-in]");
    if (filler) {
      document.getElementById("id_login").value = filler.dataset.fillSignIn;
      document.getElementById("id_password").value = filler.dataset.fillPassword;
      document.querySelector(".sign-in form [type=submit]").focus();
    }
  });

  // A request that failed must not fail silently.
  document.addEventListener("htmx:responseError", (event) => {
    if (event.target.closest("[data-poll]")) return;
    const { status, responseText } = event.detail.xhr;
    const plain = event.detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
    toast(plain && responseText ? responseText : `Simfleet answered with an error (${status}).`, "danger");
  });
  let lost = false;
  document.addEventListener("htmx:sendError", (event) => {
    if (lost && event.target.closest("[data-poll]")) return;
    lost = true;
    toast("Simfleet cannot be reached. What is shown may be old.", "danger");
  });
  document.addEventListener("htmx:afterOnLoad", () => {
    lost = false;
  });

  // A hidden tab asks nothing; on its return it asks at once.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.closest("[data-poll]")) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) window.htmx?.trigger(document.body, "activity-now");
  });

  // Progress is told where it is news: a live region that is filled anew would be read out again.
  document.addEventListener("htmx:afterSettle", () => {
    const news = document.querySelector("[data-announce]")?.dataset.announce;
    const region = document.getElementById("announcements");
    if (news && region.textContent !== news) region.textContent = news;
  });

  // A menu stays open while the rows around it are shown again.
  let open = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const menu = event.detail.target?.querySelector?.(".dropdown-toggle.show[id]");
    const focused = document.activeElement;
    open = menu && { menu: menu.id, focus: focused?.id, kind: menu.parentElement.contains(focused) && focused.value };
  });
  document.addEventListener("htmx:afterSettle", () => {
    // Not sooner: settling gives the button the server's classes once more.
    if (!open) return;
    document.getElementById(open.menu)?.click();
    if (open.focus) document.getElementById(open.focus)?.focus();
    else if (open.kind) document.getElementById(open.menu)?.parentElement.querySelector(`[value="${CSS.escape(open.kind)}"]`)?.focus();
    open = null;
  });

  // The URL is the list's only state: no empty parameters in it, and the search box follows it.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    for (const [name, value] of [...event.detail.formData.entries()]) {
      if (value === "") event.detail.formData.delete(name);
    }
    event.detail.formData.delete("csrfmiddlewaretoken");
  });
  document.addEventListener("htmx:pushedIntoHistory", () => {
    const search = document.querySelector("form#filters input[type=search]");
    if (search && search !== document.activeElement) {
      search.value = new URL(location.href).searchParams.get("q") || "";
    }
  });

})();
