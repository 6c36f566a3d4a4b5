// Single keys of the officers' console. Every one only does what a link or button on the page does; none decides an
// application. They rest while somebody writes, while a dialog or menu is open, and with any other key held down;
// a reading aid that takes single keys for itself gets them first. Whoever turned them off does not load this file.

const WRITES = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

function isBusy(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return true;
  return event.target.closest(WRITES) !== null || document.querySelector("dialog[open], details[data-menu][open]") !== null;
}

// The wide list and its cards hold the same rows; only one of them is shown.
const rows = () => [...document.querySelectorAll("[data-key-row]")].filter((each) => each.checkVisibility());

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const place = all.findIndex((each) => each.contains(document.activeElement));
  const next = place < 0 ? 0 : Math.min(Math.max(place + step, 0), all.length - 1);
  all[next].querySelector("a").focus();
  return true;
}

function press(key) {
  const row = document.activeElement.closest("[data-key-row]");
  const wanted = `[data-key="${key}"]`;
  const found = row?.querySelector(wanted) ?? (rows().length ? document.querySelector(`${wanted}:not([data-key-row] *)`) : document.querySelector(wanted));
  if (!found) return false;
  if (found.matches("a, button")) found.click();
  else found.focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (isBusy(event)) return;
  const done = { j: () => move(1), k: () => move(-1) }[event.key]?.() ?? (/^[a-z?]$/.test(event.key) && press(event.key));
  if (done) event.preventDefault();
});
