"use strict";
// The address holds everything that was chosen: #state=fail|error&dtype=float32&open=verify_chain.cupy.float32
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const chosen = { state: new Set(), dtype: new Set(), open: "" };

function read() {
  const hash = new URLSearchParams(location.hash.slice(1));
  for (const name of ["state", "dtype"]) chosen[name] = new Set((hash.get(name) || "").split("|").filter(Boolean));
  chosen.open = hash.get("open") || "";
}

function write() {
  const parts = ["state", "dtype"].filter((name) => chosen[name].size).map((name) => `${name}=${[...chosen[name]].map(encodeURIComponent).join("|")}`);
  if (chosen.open) parts.push(`open=${encodeURIComponent(chosen.open)}`);
  history.replaceState(null, "", `#${parts.join("&")}`);
}

const keeps = (name, values) => !chosen[name].size || values.some((value) => chosen[name].has(value));
const hasState = (element) => keeps("state", (element.dataset.states || "").split("|"));
const hasDtype = (element) => keeps("dtype", [element.dataset.dtype]);

function filter() {
  for (const chip of all("[data-filter]")) chip.setAttribute("aria-pressed", chosen[chip.dataset.filter].has(chip.dataset.value));
  document.querySelector(".clear").hidden = !chosen.state.size && !chosen.dtype.size;
  for (const cell of all(".cell")) {
    cell.hidden = !hasDtype(cell);
    cell.classList.toggle("dim", !hasState(cell));
  }
  for (const head of all(".matrix [data-backend]")) {
    const column = all(".matrix td").filter((place) => place.dataset.of === head.dataset.backend);
    head.hidden = !column.some((place) => all(".cell", place).some((cell) => !cell.hidden));
    for (const place of column) place.hidden = head.hidden;
  }
  for (const row of all(".matrix .operation")) row.hidden = !all(".cell", row).some((cell) => !cell.hidden && hasState(cell));
  for (const group of all(".matrix tbody")) group.hidden = all(".operation", group).every((row) => row.hidden);
  for (const panel of all(".panel")) panel.hidden = !(hasState(panel) && hasDtype(panel));
}

function open(id, focus) {
  const panel = document.getElementById(id);
  if (!panel) return;
  const around = panel.closest(".silent");
  if (around) around.open = true;
  panel.hidden = false;
  panel.open = true;
  panel.scrollIntoView({ block: "start" });
  if (focus) panel.querySelector("summary").focus({ preventScroll: true });
}

function follow() {
  read();
  filter();
  if (chosen.open) open(chosen.open, false);
}

async function copy(button) {
  const code = button.parentElement.querySelector("code");
  const status = document.querySelector(".status");
  try {
    await navigator.clipboard.writeText(code.textContent);
    status.textContent = "Copied";
  } catch {
    // Without the right to write, the line is selected, ready to be copied by hand.
    getSelection().selectAllChildren(code);
    status.textContent = "Selected: copy with the keyboard";
  }
  setTimeout(() => { status.textContent = ""; }, 2000);
}

document.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-open]");
  const chip = event.target.closest(".chip");
  const button = event.target.closest(".copy");
  if (cell) {
    event.preventDefault();
    chosen.open = cell.dataset.open;
    write();
    open(chosen.open, true);
  } else if (chip) {
    const { filter: name, value } = chip.dataset;
    if (!name) chosen.state.clear(), chosen.dtype.clear();
    else if (!chosen[name].delete(value)) chosen[name].add(value);
    write();
    filter();
  } else if (button) copy(button);
});
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => { for (const panel of all(".panels > .panel")) panel.open = true; });
follow();
