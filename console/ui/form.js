// The form: rows are added and removed, faults and the request show as one types, and saving keeps what was
// typed when something is in the way. Without script each button posts the form.
"use strict";

const form = $("[data-form]");
const touched = new Set();
let tried = false; // to save: from then on every fault is shown
let done = false;  // what was typed may be left
let turn = 0;      // answers to older questions are dropped

function rows(list) { return $(`[data-list="${list}"]`, form); }

function addRow(list) {
  const numbers = $$("[name]", rows(list)).map((el) => Number(el.name.slice(list.length + 1).split(".")[0]));
  const n = Math.max(-1, ...numbers) + 1;
  const row = $(`[data-blank="${list}"]`, form).content.cloneNode(true);
  for (const el of $$("[name], [data-fault]", row)) {
    if (el.name) el.name = el.name.replace("NEW", n);
    if (el.dataset.fault) el.dataset.fault = el.dataset.fault.replace("NEW", n);
  }
  for (const el of $$("[data-drop]", row)) el.hidden = false;
  rows(list).append(row);
  return $("input", rows(list).lastElementChild);
}

// The nearest place that can say what is wrong with a field.
function slot(field) {
  for (let name = field; name; name = name.slice(0, Math.max(name.lastIndexOf("."), 0))) {
    const el = $(`[data-fault="${CSS.escape(name)}"]`, form);
    if (el) return el;
  }
  return $('[data-fault=""]', form);
}

function showFaults(faults) {
  const said = new Map();
  for (const fault of faults) {
    if (!tried && !touched.has(fault.field) && !(fault.field === "body" && touched.has("body.json"))) continue;
    const el = slot(fault.field);
    const where = el.dataset.fault === "" && fault.field ? fault.field + " " : "";
    said.set(el, [...(said.get(el) ?? []), where + fault.message]);
  }
  for (const el of $$("[data-fault]", form)) {
    const text = (said.get(el) ?? []).join("; ");
    if (el.textContent !== text) el.textContent = text;
    const input = el.dataset.fault && form.elements.namedItem(el.dataset.fault);
    if (input instanceof Element) input.toggleAttribute("aria-invalid", Boolean(text)), text && input.setAttribute("aria-invalid", "true");
    if (text) for (let d = el.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
  }
  number();
}

async function ask(todo) {
  const mine = ++turn;
  const fields = new URLSearchParams(new FormData(form));
  fields.set("do", todo);
  const state = $("[data-state]", form);
  state.textContent = todo === "test" ? "Sending…" : state.textContent;
  const answer = await fetch(form.action, {method: "POST", body: fields, headers: {Accept: "application/json"}});
  const told = await answer.json();
  if (mine !== turn) return null;
  state.textContent = "";
  if (!answer.ok) {
    $("#problem").innerHTML = "<p class=alert role=alert></p>";
    $("#problem p").textContent = `${told.title}. ${told.detail ?? ""}`;
    return null;
  }
  if (told.location) {
    done = true;
    location.assign(told.location);
    return null;
  }
  showFaults(told.faults);
  if (told.panel) put($("#outcome"), told.panel);
  put($("#problem"), told.problem ?? "");
  if (told.current && told.current !== "0") form.elements.revision.value = told.current;
  return told;
}

let timer;
function soon() {
  clearTimeout(timer);
  turn++;
  timer = setTimeout(() => ask("check").catch(() => {}), 300);
}

async function act(todo) {
  clearTimeout(timer);
  tried = tried || todo !== "check";
  const told = await ask(todo).catch(() => {
    $("[data-state]", form).textContent = "The console can't be reached.";
  });
  if (!told) return;
  if (told.problem) return $("#problem").scrollIntoView({block: "center"});
  const first = told.faults.length && $("[aria-invalid=true]", form);
  if (first && (todo === "save" || told.panel.includes("what is marked"))) first.focus();
}

// Line numbers beside the body; a fault's line is marked.
function number() {
  const text = form.elements["body.json"];
  const gutter = $(".gutter", form);
  const bad = /line (\d+)/.exec($('[data-fault="body.json"]', form).textContent);
  gutter.replaceChildren(...text.value.split("\n").flatMap((_, i) => {
    const n = document.createElement(bad && Number(bad[1]) === i + 1 ? "b" : "span");
    n.textContent = i + 1;
    return [n, "\n"];
  }));
  gutter.scrollTop = text.scrollTop;
}

// Fields that the sample step has can be put where the cursor was.
let last = form.elements["body.json"];
function offerFields() {
  let step;
  try { step = JSON.parse(form.elements.sample.value); } catch { return; }
  const profile = Object.keys(step?.user?.profile ?? {});
  const names = [...new Set([...profile, ...Object.keys(step?.trigger?.dataFields ?? {}), "email"])].slice(0, 20).concat("@stepId", "@workflowId");
  const chips = $("[data-chips]", form);
  chips.hidden = false;
  chips.replaceChildren(chips.firstElementChild, ...names.map((name) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.textContent = name;
    chip.setAttribute("aria-label", "Insert " + name);
    chip.addEventListener("click", () => {
      last.setRangeText(`{{${name}}}`, last.selectionStart, last.selectionEnd, "end");
      last.focus();
      last.dispatchEvent(new Event("input", {bubbles: true}));
    });
    return chip;
  }));
  $("#known").replaceChildren(...profile.map((name) => Object.assign(document.createElement("option"), {value: name})));
}

// A destination fills in what it knows, but not over what somebody wrote.
async function fill(destination) {
  const told = await (await fetch(`${form.dataset.guide}?destination=${destination}`)).json();
  if (form.elements.destination.value !== destination) return; // another one was chosen meanwhile
  $("#guide").innerHTML = told.guide;
  const endpoint = form.elements.endpoint;
  endpoint.placeholder = told.example || "https://api.example.com/users/{{userId}}";
  if ("stored" in form.dataset) return soon();
  const value = (name) => told.values[name]?.[0] ?? "";
  for (const name of ["method", "success", "retry.statuses", "auth.type", "body.type"]) {
    if (!touched.has(name) && value(name)) form.elements[name].value = value(name);
  }
  for (const name of ["body.includeEmailAndWorkflowId", "body.includeTriggerData"]) {
    if (!touched.has(name)) form.elements[name].checked = Boolean(value(name));
  }
  for (const name of ["endpoint", "body.json"]) {
    if (!touched.has(name)) form.elements[name].value = value(name);
  }
  const pairs = Object.keys(told.values).filter((name) => /^body\.form\.\d+\.name$/.test(name)).sort();
  if (!$$("[data-row]", rows("body.form")).some((row) => touched.has($("input", row).name))) {
    rows("body.form").replaceChildren();
    for (const name of pairs) addRow("body.form").value = value(name);
  }
  soon();
}

// The id that the server makes of a name.
function idFrom(name) {
  return name.toLowerCase().replace(/[^a-z0-9_]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64).replace(/-+$/, "");
}

for (const el of $$("[data-add], [data-drop], [data-use]", form)) el.hidden = false;
form.addEventListener("click", (e) => {
  const add = e.target.closest("[data-add]"), drop = e.target.closest("[data-drop]"), button = e.target.closest("button[name=do]");
  const use = e.target.closest("[data-use]");
  if (use) {
    form.elements.endpoint.value = $(use.dataset.use).textContent;
    touched.add("endpoint");
    form.elements.endpoint.focus();
    soon();
  }
  if (add) addRow(add.dataset.add).focus();
  if (drop) {
    const list = drop.closest("[data-list]");
    drop.closest("[data-row]").remove();
    $(`[data-add="${list.dataset.list}"]`, form).focus();
    soon();
  }
  if (button) { e.preventDefault(); act(button.value); }
});
form.addEventListener("submit", (e) => { e.preventDefault(); act("save"); });
form.addEventListener("input", (e) => {
  touched.add(e.target.name);
  if (e.target.name === "sample") offerFields();
  if (e.target.name === "name" && form.elements.id) form.elements.id.placeholder = idFrom(e.target.value);
  if (e.target.name === "body.json") number();
  if (e.target.name === "destination") return void fill(e.target.value).catch(() => {});
  if (e.target.name.endsWith(".secret")) $("input", e.target.closest("[data-row]").children[1]).type = e.target.checked ? "password" : "text";
  soon();
});
form.addEventListener("focusin", (e) => {
  if ("template" in e.target.dataset) last = e.target;
  if (e.target.type === "password" && e.target.value === "***") e.target.select();
});
form.elements["body.json"].addEventListener("scroll", number);
addEventListener("beforeunload", (e) => { if (touched.size && !done) e.preventDefault(); });
$("[data-cancel]", form).addEventListener("click", () => { done = true; });
offerFields();
number();
if (sample.value !== sample.defaultValue) soon();
