// Makes the form of the start page quicker to use: drop, paste, and an answer without a new page.
// Without this script the form works as it stands.
"use strict";

const form = document.getElementById("upload");
const input = document.getElementById("file");
const drop = form.querySelector(".drop");
const chosen = document.getElementById("chosen");
const status = document.getElementById("status");
const result = document.getElementById("result");
const buttons = form.querySelectorAll("button");
let asked = null;
let given = null;

function tell(line, busy) {
  status.textContent = line;
  status.classList.toggle("busy", Boolean(busy));
}

function complain(line) {
  const box = document.createElement("div");
  box.className = "problem";
  box.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = line;
  box.append(text);
  result.replaceChildren(box);
  tell("", false);
}

function fault(files) {
  const most = Number(form.dataset.most);
  const bytes = Number(form.dataset.bytes);
  if (!files.length) return "No picture was chosen.";
  if (files.length > most) return `More than ${most} pictures; send fewer at a time.`;
  const large = [...files].find((file) => file.size > bytes);
  return large ? `${large.name}: more than ${bytes / 1e6} MB; make it smaller.` : "";
}

async function send(address, files) {
  const wrong = files ? fault(files) : "";
  if (wrong) { complain(wrong); return; }
  if (asked) asked.abort();
  const mine = asked = new AbortController();
  const data = new FormData(form);
  data.delete("file");
  for (const file of files || []) data.append("file", file, file.name);
  tell(files && files.length > 1 ? `Reading ${files.length} pictures` : "Reading", true);
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const response = await fetch(address, {
      method: "POST", body: data, signal: mine.signal, headers: { "X-Platewright": "fragment" },
    });
    // Made by the server's templates, which escape whatever comes from outside.
    result.innerHTML = await response.text();
    const plates = result.querySelectorAll(".plate").length;
    tell(response.ok ? (plates === 1 ? "1 plate read" : `${plates} plates read`) : "", false);
    result.scrollIntoView({ block: "start", behavior: "smooth" });
  } catch (error) {
    if (error.name !== "AbortError") complain("The server did not answer. Is it running, and is the picture small enough?");
  } finally {
    if (asked === mine) {
      asked = null;
      buttons.forEach((button) => { button.disabled = false; });
    }
  }
}

function name(files) {
  chosen.textContent = [...files].map((file) => file.name).join(", ");
  chosen.hidden = false;
}

function take(files) {
  const pictures = [...files].filter((file) => file.type.startsWith("image/") || !file.type);
  if (!pictures.length) { complain("That is no picture."); return; }
  given = pictures;
  name(pictures);
  send(form.action, pictures);
}

input.classList.add("hidden");
document.querySelectorAll(".scripted").forEach((each) => { each.hidden = false; });

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const example = event.submitter && event.submitter.id === "example";
  if (example) send(event.submitter.formAction, null);
  else send(form.action, given || input.files);
});
input.addEventListener("change", () => { if (input.files.length) take(input.files); });

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
for (const kind of ["dragleave", "dragend", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (kind !== "dragleave" || !event.relatedTarget) drop.classList.remove("over");
  });
}
document.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) take(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) { event.preventDefault(); take(event.clipboardData.files); }
});
