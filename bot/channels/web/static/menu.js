/** The menu, the language switch, and the question before everything is erased. */
const $ = (id) => document.getElementById(id);

/** `hooks`: press(payload, title), eraseAll(), switchLanguage(). */
export function setUpMenu(hooks) {
  const button = $("menu-button");
  const menu = $("menu");
  const show = (yes) => {
    menu.hidden = !yes;
    button.setAttribute("aria-expanded", String(yes));
  };
  button.addEventListener("click", () => show(menu.hidden));
  document.addEventListener("click", (event) => {
    if (!menu.hidden && !menu.contains(event.target) && !button.contains(event.target)) show(false);
  });
  menu.parentElement.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    show(false);
    button.focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget) && event.relatedTarget !== button) show(false);
  });
  for (const item of menu.querySelectorAll("[data-press]")) {
    item.addEventListener("click", () => {
      show(false);
      hooks.press(item.dataset.press, item.textContent);
    });
  }
  $("switch").addEventListener("click", hooks.switchLanguage);
  setUpErasing(hooks, () => show(false), button);
}

function setUpErasing(hooks, hideMenu, opener) {
  const dialog = $("erase");
  $("delete").addEventListener("click", () => {
    hideMenu();
    dialog.showModal();
    $("erase-no").focus();
  });
  $("erase-no").addEventListener("click", () => dialog.close());
  $("erase-yes").addEventListener("click", () => {
    dialog.close();
    hooks.eraseAll();
  });
  dialog.addEventListener("close", () => opener.focus());
}
