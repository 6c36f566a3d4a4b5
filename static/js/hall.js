// Small comforts. Every page works without this file.

const summary = (root) => root.querySelector("[data-error-summary]");

function focusErrors(root) {
  const found = summary(root);
  if (found) found.focus();
}

// An open menu closes with Escape or a click elsewhere.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details[data-menu]"));
  const opener = event.target.closest("[data-opens-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.opensDialog);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  const closer = event.target.closest("[data-closes-dialog]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A picked file is sent at once (hx-trigger="change"); how far it is stands in words beside it.
function tellUpload(input, words) {
  const place = document.querySelector(`[data-upload-progress="${input.name}"]`);
  if (place) place.textContent = words;
}
document.addEventListener("htmx:xhr:progress", (event) => {
  const { elt, loaded, total } = event.detail;
  if (elt.type !== "file" || !total) return;
  tellUpload(elt, loaded < total ? `上传中 ${Math.round((loaded / total) * 100)}%` : "检查中");
});
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    const { elt } = event.detail;
    if (elt.type === "file") tellUpload(elt, "没有上传成功，请检查网络后重新选择文件。");
  });
}

// What a page kept in this tab is its user's alone.
document.addEventListener("submit", (event) => {
  if (!event.target.hasAttribute("data-signs-out")) return;
  try {
    sessionStorage.clear();
  } catch {
    // Nothing was kept.
  }
});

// One press, one request: a second press of the same form is ignored until the page answers.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent && form.method === "post") {
    event.preventDefault();
    return;
  }
  // A form whose autosave is under way waits for it: the answer brings the mark of what is saved now.
  const saving = form.id && document.querySelector(`.htmx-request[data-saves="${form.id}"]`);
  if (saving) {
    event.preventDefault();
    const button = event.submitter;
    saving.addEventListener("htmx:afterRequest", () => form.requestSubmit(button), { once: true });
    return;
  }
  if (form.method === "post" && !form.hasAttribute("hx-post")) form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// One box ticks all of its name in the form, and shows whether none, some or all of them are ticked.
const boxesOf = (master) => [...master.form.querySelectorAll(`input[type="checkbox"][name="${master.dataset.checks}"]`)];
function showHowMany(master) {
  const boxes = boxesOf(master);
  const ticked = boxes.filter((box) => box.checked).length;
  master.checked = ticked > 0 && ticked === boxes.length;
  master.indeterminate = ticked > 0 && ticked < boxes.length;
}
document.addEventListener("change", (event) => {
  const box = event.target;
  const master = box.form?.querySelector("[data-checks]");
  if (!master) return;
  // A list stands there as a table and as cards; whichever the width shows, both have the same ticks.
  const isMeant = (each) => box === master || (each.name === box.name && each.value === box.value);
  for (const each of boxesOf(master)) if (isMeant(each)) each.checked = box.checked;
  showHowMany(master);
});
function wakeMasters(within) {
  for (const master of within.querySelectorAll("[data-checks]")) {
    master.closest("[data-script]").hidden = false;
    showHowMany(master);
    if (master.checked || master.indeterminate) master.form.dispatchEvent(new Event("change"));
  }
}
// A browser that comes back to a page may have kept its ticks; a list may be put in anew.
window.addEventListener("pageshow", () => wakeMasters(document));
document.addEventListener("htmx:load", (event) => wakeMasters(event.detail.elt));
// A sum that could not be fetched is not left standing.
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    const { elt } = event.detail;
    if (elt.dataset.failed) elt.textContent = elt.dataset.failed;
  });
}

// Polling rests while nobody looks and goes on when the page is seen again.
const resting = new Set();
document.addEventListener("htmx:beforeRequest", (event) => {
  const element = event.detail.elt;
  if (document.hidden && element.matches("[data-poll]")) {
    event.preventDefault();
    resting.add(element);
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const element of resting) window.htmx.trigger(element, "hall-resume");
  resting.clear();
});

// What a poll brought is spoken only when its words changed.
document.addEventListener("htmx:afterSwap", (event) => {
  const fresh = event.detail.elt;
  focusErrors(fresh);
  const spoken = fresh.querySelector?.("[data-announce]") ?? (fresh.matches?.("[data-announce]") ? fresh : null);
  const place = document.getElementById("announce");
  if (spoken && place && place.textContent !== spoken.dataset.announce) place.textContent = spoken.dataset.announce;
});

focusErrors(document);
