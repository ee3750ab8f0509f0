// Shows the camera of the device and sends single pictures of it to be read.
"use strict";

const form = document.getElementById("camera");
const stage = form.querySelector(".stage");
const video = form.querySelector("video");
const start = document.getElementById("start");
const shoot = document.getElementById("shoot");
const turn = document.getElementById("turn");
const steady = document.getElementById("steady");
const status = document.getElementById("status");
const result = document.getElementById("result");
const LONGEST = 1920;
const PAUSE_MS = 1000;
let facing = "environment";
let busy = false;

function tell(line, turning) {
  status.textContent = line;
  status.classList.toggle("busy", Boolean(turning));
}

function stop() {
  if (video.srcObject) video.srcObject.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
}

async function open() {
  stop();
  tell("Waiting for the camera", true);
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: facing, width: { ideal: LONGEST }, height: { ideal: 1080 } },
    });
    await video.play();
  } catch (error) {
    const why = error.name === "NotAllowedError" ? "The browser was not allowed to use the camera."
      : error.name === "NotFoundError" ? "There is no camera." : "The camera can't be used.";
    tell(`${why} A picture can be chosen instead.`, false);
    form.querySelector(".plainly").hidden = false;
    return;
  }
  stage.hidden = false;
  start.hidden = true;
  shoot.hidden = steady.hidden = false;
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput");
  turn.hidden = cameras.length < 2;
  tell("", false);
}

function picture() {
  const scale = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.92); });
}

async function read() {
  if (busy || !video.srcObject) return;
  busy = true;
  tell("Reading", true);
  let pause = PAUSE_MS;
  try {
    const data = new FormData(form);
    data.delete("file");
    data.append("file", await picture(), "camera.jpg");
    const response = await fetch(form.action, {
      method: "POST", body: data, headers: { "X-Platewright": "fragment" },
    });
    // Made by the server's templates, which escape whatever comes from outside.
    result.innerHTML = await response.text();
    const plates = result.querySelectorAll(".plate").length;
    tell(response.ok ? (plates ? "" : "No plate in this picture") : "", false);
    pause = 1000 * Number(response.headers.get("Retry-After") || PAUSE_MS / 1000);
  } catch {
    tell("The server did not answer.", false);
    pause = 5 * PAUSE_MS;
  } finally {
    busy = false;
  }
  if (steady.querySelector("input").checked && !document.hidden) setTimeout(read, pause);
}

if (navigator.mediaDevices && navigator.mediaDevices.getUserMedia) {
  document.querySelectorAll(".scripted").forEach((each) => { each.hidden = false; });
  form.querySelector(".plainly").hidden = true;
} else {
  tell("Browsers give the camera to pages over https or on this machine only; choose a picture instead.", false);
}
start.addEventListener("click", open);
shoot.addEventListener("click", read);
steady.addEventListener("change", () => { if (steady.querySelector("input").checked) read(); });
turn.addEventListener("click", () => { facing = facing === "environment" ? "user" : "environment"; open(); });
addEventListener("pagehide", stop);
