// A new invoice that is half filled survives a reload: until the hall has saved it, its content stays in this tab alone.
// It is offered again and never put in by itself: whoever opens a new invoice may want an empty one.

const form = document.querySelector("form[data-keeps]");
const PREFIX = "new-invoice:";
const LEFT_OUT = new Set(["csrfmiddlewaretoken", "action", "overwrite"]);

// A browser may refuse to keep anything; the page works as well without.
function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}
function forgetSaved(key) {
  try {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(PREFIX) && read(name)?.key === key) sessionStorage.removeItem(name);
    }
  } catch {
    // Nothing was kept.
  }
}

function keepWhileTyping(name) {
  let timer = 0;
  // Saved by the hall, or given up by signing out.
  let isOver = false;
  const keep = () => {
    timer = 0;
    const entries = [...new FormData(form)].filter(([field]) => !LEFT_OUT.has(field));
    try {
      if (!isOver) sessionStorage.setItem(name, JSON.stringify({ key: form.elements.draft_key.value, entries }));
    } catch {
      // Full, or not allowed.
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 300);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  document.addEventListener("submit", (event) => {
    if (event.target.hasAttribute("data-signs-out")) isOver = true;
  });
  window.addEventListener("pagehide", () => timer && keep());
  // What came back from a button is newer than what was kept.
  if (!form.hasAttribute("data-fresh")) keep();
  // Once it was saved, its address is that of the draft: a reload shows what the hall has.
  document.addEventListener("htmx:afterSwap", () => {
    const edit = form.elements.seen?.dataset.edit;
    if (!edit || isOver) return;
    isOver = true;
    forgetSaved(form.elements.draft_key.value);
    history.replaceState(null, "", edit);
  });
}

// Sent to the hall as a press of its button would: it draws as many lines, and the kinds and rates of the disk.
function bringBack({ entries }) {
  const again = document.createElement("form");
  again.method = "post";
  const token = ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value];
  for (const [name, value] of [...entries, token, ["action", "recount"]]) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    again.append(input);
  }
  document.body.append(again);
  again.submit();
}

function offer(name, kept) {
  const place = document.querySelector("[data-unsaved]");
  place.hidden = false;
  place.querySelector("[data-unsaved-restore]").addEventListener("click", () => bringBack(kept));
  place.querySelector("[data-unsaved-drop]").addEventListener("click", () => {
    if (read(name)?.key === kept.key) sessionStorage.removeItem(name);
    place.hidden = true;
    form.querySelector("select, input:not([type=hidden])")?.focus();
  });
}

const saved = document.querySelector("[data-saved-draft]");
if (saved) forgetSaved(saved.dataset.savedDraft);
// Whoever signed in after somebody else in this tab finds nothing of theirs, by whatever way their session ended.
function forgetOthers(name) {
  try {
    for (const other of Object.keys(sessionStorage)) {
      if (other.startsWith(PREFIX) && !other.startsWith(name.slice(0, name.lastIndexOf("-") + 1))) {
        sessionStorage.removeItem(other);
      }
    }
  } catch {
    // Nothing was kept.
  }
}
if (form) {
  const name = PREFIX + form.dataset.keeps;
  forgetOthers(name);
  const kept = form.hasAttribute("data-fresh") ? read(name) : null;
  if (kept) offer(name, kept);
  keepWhileTyping(name);
}
