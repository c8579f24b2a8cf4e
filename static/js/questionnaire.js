// Comfort on a page of questions: what an answer makes pointless is hidden at once, and the figures
// 1 to 9 choose an answer while one of its group has the focus. The server decides the same without
// it (emn/questionnaires/conditions.py).
const UNKNOWN = "unknown";

function number(value) {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : null;
}

const TESTS = {
  is: (given, wanted) => given === wanted,
  in: (given, wanted) => wanted.includes(given),
  has: (given, wanted) => Array.isArray(given) && given.includes(wanted),
  any_of: (given, wanted) => Array.isArray(given) && wanted.some((code) => given.includes(code)),
  starts: (given, wanted) => typeof given === "string" && wanted.some((start) => given.startsWith(start)),
  answered: (_given, wanted) => wanted,
  at_least: (given, wanted) => number(given) !== null && number(given) >= number(wanted),
  at_most: (given, wanted) => number(given) !== null && number(given) <= number(wanted),
};

export function holds(tree, answers) {
  if (!tree) return true;
  if (tree.all) return tree.all.every((node) => holds(node, answers));
  if (tree.any) return tree.any.some((node) => holds(node, answers));
  if (tree.not) return !holds(tree.not, answers);
  const given = answers[tree.q];
  if (given === undefined || given === null || given === UNKNOWN) return false;
  return TESTS[tree.op](given, tree.value);
}

// What the fields of one question say: a list when boxes may be ticked, else one value. « Je ne sais
// pas » beside a field stands for it, whatever is written there.
function valueOf(block) {
  if (block.querySelector("input[name^=unknown-]:checked")) return UNKNOWN;
  const boxes = [...block.querySelectorAll("input[type=checkbox]:not([name^=unknown-])")];
  if (boxes.length) {
    const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
    return ticked.length ? ticked : null;
  }
  const radios = [...block.querySelectorAll("input[type=radio]")];
  if (radios.length) return radios.find((radio) => radio.checked)?.value ?? null;
  return block.querySelector("input:not([type=hidden]), textarea, select")?.value || null;
}

function mirror(form) {
  const trees = JSON.parse(document.getElementById("conditions")?.textContent ?? "{}");
  const blocks = [...form.querySelectorAll("[data-emn-question]")];
  const settle = () => {
    const answers = {};
    for (const block of blocks) {
      const code = block.dataset.emnQuestion;
      block.hidden = !holds(trees[code], answers);
      if (!block.hidden) answers[code] = valueOf(block);
    }
  };
  if (Object.keys(trees).length) {
    form.addEventListener("input", settle);
    settle();
  }
}

function byFigure(event) {
  const group = event.target.closest?.("fieldset");
  const isChoice = event.target.matches?.("input[type=radio], input[type=checkbox]");
  if (!isChoice || !group || event.ctrlKey || event.altKey || event.metaKey) return;
  const choice = /^[1-9]$/.test(event.key) && group.querySelectorAll("input")[Number(event.key) - 1];
  if (!choice) return;
  event.preventDefault();
  choice.focus();
  choice.click();
}

for (const form of document.querySelectorAll("form[data-emn-questionnaire]")) {
  mirror(form);
  form.addEventListener("keydown", byFigure);
}
