/** The page's words in both languages, put there by the server; and putting them where they belong. */
const given = JSON.parse(document.getElementById("words").textContent);
let language = given.language;

export function currentLanguage() {
  return language;
}

/** The phrase in the page's language, its {names} filled in. */
export function say(key, values = {}) {
  return given.tables[language][key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Which language a text is in, for those who have it read to them. */
export function languageOf(text) {
  return /[\u3400-\u9fff]/.test(text) ? "zh-CN" : "en";
}

export function showLanguage(wanted) {
  language = wanted in given.tables ? wanted : given.language;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = `${say("web_title")} · ${given.bureau[language]}`;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = say(node.dataset.placeholder);
  for (const node of document.querySelectorAll("[data-bureau]")) node.textContent = given.bureau[language];
  document.getElementById("switch").lang = language === "zh" ? "en" : "zh-CN";
  document.getElementById("privacy").href = `/privacy?lang=${language}`;
}
