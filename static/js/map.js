// Puts tiles under the map of the directory, where the centre has chosen a server for them: the same
// circles, read from the drawing, with the same addresses. Without this script the drawing stays.
const SMALLEST = 30;
const LARGEST = 64;

function icon(L, count, most, name) {
  const size = Math.round(Math.max(SMALLEST, LARGEST * Math.sqrt(count / most)));
  const html = document.createElement("span");
  html.textContent = count.toLocaleString(document.documentElement.lang);
  return L.divIcon({ className: name, html, iconSize: [size, size] });
}

function build(figure, L) {
  const drawing = figure.querySelector(".map-drawing");
  const links = [...figure.querySelectorAll("a[data-at]")];
  if (!links.length) return;
  const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const box = document.createElement("div");
  box.className = "map-tiles";
  drawing.after(box);
  drawing.classList.add("map-replaced");

  const map = L.map(box, { scrollWheelZoom: false, fadeAnimation: !quiet, zoomAnimation: !quiet, zoomControl: false });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ zoomInTitle: figure.dataset.zoomIn, zoomOutTitle: figure.dataset.zoomOut }).addTo(map);
  L.tileLayer(figure.dataset.emnMap, { attribution: figure.dataset.credit, maxZoom: 18 }).addTo(map);

  const most = Math.max(12, ...links.map((link) => Number(link.dataset.count)));
  const sum = (cluster) => cluster.getAllChildMarkers().reduce((total, marker) => total + marker.options.count, 0);
  const group = L.markerClusterGroup({
    animate: !quiet,
    showCoverageOnHover: false,
    maxClusterRadius: 64,
    iconCreateFunction: (cluster) => icon(L, sum(cluster), most, "map-mark map-mark-group"),
  });
  for (const link of links) {
    const count = Number(link.dataset.count);
    const label = link.getAttribute("aria-label");
    const marker = L.marker(link.dataset.at.split(",").map(Number), {
      icon: icon(L, count, most, "map-mark"),
      title: label,
      alt: label,
      count,
    });
    const follow = () => location.assign(link.getAttribute("href"));
    marker.on("click", follow);
    marker.on("keypress", (event) => event.originalEvent.key === "Enter" && follow());
    marker.on("add", () => {
      marker.getElement()?.setAttribute("role", "link");
      marker.getElement()?.setAttribute("aria-label", label);
    });
    group.addLayer(marker);
  }
  group.on("layeradd animationend", () => nameGroups(box, figure.dataset.cluster));
  map.on("zoomend moveend layeradd", () => nameGroups(box, figure.dataset.cluster));
  map.addLayer(group);
  map.fitBounds(group.getBounds(), { padding: [30, 30], maxZoom: 13, animate: false });
  nameGroups(box, figure.dataset.cluster);
}

function nameGroups(box, words) {
  for (const mark of box.querySelectorAll(".map-mark-group")) {
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-label", `${mark.textContent} ${words}`);
  }
}

for (const figure of document.querySelectorAll("[data-emn-map]")) {
  if (globalThis.L?.markerClusterGroup) build(figure, globalThis.L);
}
