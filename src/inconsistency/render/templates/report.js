"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const cards = [...document.querySelectorAll(".card")];
  const root = document.documentElement;
  let active = null; // the card in use
  let side = null; // which of its sentences was shown last

  const dark = () =>
    root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = find("theme");
  const nameTheme = () => { theme.textContent = dark() ? "Light page" : "Dark page"; };
  theme.hidden = false;
  nameTheme();
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    nameTheme();
  });

  const activate = (card) => {
    if (card !== active) side = null;
    active = card;
    for (const other of document.querySelectorAll(".active")) other.classList.remove("active");
    card.classList.add("active");
    find(card.dataset.first)?.classList.add("active");
    find(card.dataset.second)?.classList.add("active");
  };
  const show = (card, which) => {
    activate(card);
    side = which;
    const sentence = find(card.dataset[which]);
    if (!sentence) return;
    sentence.scrollIntoView({ block: "center" });
    sentence.focus({ preventScroll: true });
  };
  const showNext = (card) =>
    show(card, card === active && side === "first" ? "second" : "first");
  const focusCard = (card) => {
    activate(card);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  };
  const move = (step) => {
    const visible = cards.filter((card) => !card.hidden);
    if (!visible.length) return;
    const at = visible.indexOf(active);
    const next = at < 0 ? (step > 0 ? 0 : visible.length - 1) : at + step;
    focusCard(visible[Math.max(0, Math.min(visible.length - 1, next))]);
  };

  // Beside the article the cards stay in view, unless that would hide the last of them.
  const column = find("pairs");
  const fit = () => column.classList.toggle("fits", column.offsetHeight + 32 < innerHeight);
  addEventListener("resize", fit);

  for (const card of cards) {
    card.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-side]");
      if (link) {
        event.preventDefault();
        show(card, link.dataset.side);
      } else if (!String(getSelection())) {
        showNext(card);
      }
    });
    card.addEventListener("focus", () => activate(card));
  }
  for (const mark of document.querySelectorAll("a.mark")) {
    mark.addEventListener("click", (event) => {
      const card = find(`pair-${mark.dataset.pair}`);
      event.preventDefault();
      if (card.hidden) resetFilters(); // only filters hide cards
      focusCard(card);
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (target.closest("input, select, textarea, button")) return;
    const onCard = target.classList.contains("card");
    const onSentence = target.classList.contains("marked");
    const arrows = onCard || onSentence;
    if (event.key === "j" || (arrows && event.key === "ArrowDown")) move(1);
    else if (event.key === "k" || (arrows && event.key === "ArrowUp")) move(-1);
    else if (event.key === "Enter" && onCard) showNext(target);
    else if (event.key === "Enter" && onSentence && active) showNext(active);
    else if (event.key === "Escape" && active) focusCard(active);
    else return;
    event.preventDefault();
  });

  const kind = find("kind");
  const least = find("least");
  const filter = () => {
    let shown = 0;
    for (const card of cards) {
      const fits =
        (!kind.value || card.dataset.kind === kind.value) &&
        Number(card.dataset.percent) >= Number(least.value);
      card.hidden = !fits;
      card.parentElement.hidden = !fits;
      shown += fits ? 1 : 0;
      for (const mark of document.querySelectorAll(`a.mark[data-pair="${card.id.slice(5)}"]`)) {
        mark.hidden = !fits;
      }
    }
    find("least-shown").textContent = `${least.value} %`;
    find("shown").textContent = `${shown} of ${cards.length} pairs shown`;
  };
  const resetFilters = () => {
    kind.value = "";
    least.value = "0";
    filter();
  };
  if (cards.length) find("keys").hidden = false;
  if (find("filters")) {
    find("filters").hidden = false;
    find("filters").addEventListener("submit", (event) => event.preventDefault());
    kind.addEventListener("change", filter);
    least.addEventListener("input", filter);
    filter();
  }
  fit();
})();
