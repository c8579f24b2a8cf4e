// A signature drawn with a finger, sent as a path of whole numbers; the typed name does without.
const MOST_SIGNS = 7900;

for (const box of document.querySelectorAll("[data-emn-signature]")) {
  const sheet = box.querySelector("canvas");
  const field = box.closest("form").querySelector("[data-emn-drawing]");
  const pen = sheet.getContext("2d");
  let path = "";
  let drawing = false;
  let last = "";

  const ink = () => {
    pen.strokeStyle = getComputedStyle(sheet).color;
    pen.lineWidth = 4;
    pen.lineCap = pen.lineJoin = "round";
  };
  const at = (event) => {
    const frame = sheet.getBoundingClientRect();
    const x = ((event.clientX - frame.left) * sheet.width) / frame.width;
    const y = ((event.clientY - frame.top) * sheet.height) / frame.height;
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
    return [within(x, sheet.width), within(y, sheet.height)];
  };
  const add = (letter, [x, y]) => {
    const step = `${letter}${x} ${y}`;
    if (`${x} ${y}` === last || path.length + step.length > MOST_SIGNS) return;
    last = `${x} ${y}`;
    path += step;
    field.value = path;
    if (letter === "M") {
      pen.beginPath();
      pen.moveTo(x, y);
    } else {
      pen.lineTo(x, y);
      pen.stroke();
    }
  };

  sheet.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    sheet.setPointerCapture(event.pointerId);
    drawing = true;
    last = "";
    ink();
    add("M", at(event));
  });
  sheet.addEventListener("pointermove", (event) => drawing && add("L", at(event)));
  for (const end of ["pointerup", "pointercancel"]) {
    sheet.addEventListener(end, () => (drawing = false));
  }
  box.querySelector("[data-emn-clear]").addEventListener("click", () => {
    path = last = field.value = "";
    pen.clearRect(0, 0, sheet.width, sheet.height);
  });
  field.value = "";
  box.hidden = false;
}
