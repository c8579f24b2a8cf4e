// Reads QR codes by the camera: the browser's own detector, or jsQR (fetched only then).
//
//   const camera = await openCamera(video, decoderUrl, (text) => …);   // throws when there is none
//   camera.close();
//
// The same code seen again within SAME_MS is one reading: a ticket stays before the lens.
const EVERY_MS = 120;
const SAME_MS = 4000;
const WIDEST = 640; // pixels that the decoder reads

async function detector(decoderUrl) {
  const own = globalThis.BarcodeDetector && (await BarcodeDetector.getSupportedFormats());
  if (own?.includes("qr_code")) {
    const reader = new BarcodeDetector({ formats: ["qr_code"] });
    return async (video) => (await reader.detect(video))[0]?.rawValue;
  }
  await import(decoderUrl); // sets self.jsQR
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDEST / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    if (!canvas.width) return undefined;
    drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
    const image = drawing.getImageData(0, 0, canvas.width, canvas.height);
    return self.jsQR(image.data, image.width, image.height, { inversionAttempts: "dontInvert" })?.data;
  };
}

export async function openCamera(video, decoderUrl, onCode) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: "environment", width: { ideal: 1280 } },
  });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  let read;
  try {
    read = await detector(decoderUrl);
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    stop();
    throw error;
  }
  let isOpen = true;
  let last = "";
  let lastSeen = 0;

  async function look() {
    if (!isOpen) return;
    let text;
    try {
      text = await read(video);
    } catch {
      // a frame that cannot be read: the next one
    }
    if (text) {
      const isSame = text === last && performance.now() - lastSeen < SAME_MS;
      last = text;
      lastSeen = performance.now();
      if (!isSame) onCode(text);
    }
    setTimeout(look, EVERY_MS);
  }
  look();

  return {
    close: () => {
      isOpen = false;
      stop();
      video.srcObject = null;
    },
  };
}
