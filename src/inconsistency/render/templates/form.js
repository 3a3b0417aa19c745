"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const form = find("form");
  const text = find("text");
  const headline = find("headline");
  const marks = find("marks");
  const answer = find("answer");
  let checked = null; // the last answer, with the text it is about and where its sentences stand there
  let active = null; // the card in use
  let side = null; // which of its sentences was shown last
  let busy = false;
  let edits = 0; // so that an answer knows whether the text has changed while it was made

  const say = (words) => { find("status").textContent = words; };
  const fail = (words) => {
    find("error").textContent = words;
    find("error").hidden = !words;
    if (words) find("error").scrollIntoView({ block: "nearest" });
  };
  const ask = async (path, body, headers = {}) => {
    let response;
    try {
      response = await fetch(path, { method: "POST", body, headers });
    } catch {
      throw new Error("The page is not served any more. Start `inconsistency serve` again; the text is still here.");
    }
    const data = await response.json().catch(() => ({ error: `The page answered with status ${response.status}.` }));
    if (!response.ok) throw new Error(data.error);
    return data;
  };

  // The text, and the marks under it.

  // Offsets of a report count characters, those of a page UTF-16 units.
  const units = (whole) => {
    const at = [];
    let unit = 0;
    for (const character of whole) {
      at.push(unit);
      unit += character.length;
    }
    at.push(unit);
    return (offset) => at[Math.min(offset, at.length - 1)];
  };
  const spansOf = (report) => {
    const at = units(report.text);
    const spans = new Map();
    for (const list of ["contradictions", "ranked"]) {
      report[list].forEach((pair, n) => {
        for (const sentence of [pair.first, pair.second]) {
          if (sentence.part !== "body") continue;
          const span = spans.get(sentence.index)
            || { sentence: sentence.index, start: at(sentence.start), end: at(sentence.end), numbers: [], list };
          if (list === "contradictions") span.numbers.push(n + 1);
          spans.set(sentence.index, span);
        }
      });
    }
    return [...spans.values()].sort((a, b) => a.start - b.start);
  };
  const paint = () => {
    const pieces = [];
    let at = 0;
    for (const span of checked ? checked.spans : []) {
      const mark = document.createElement("mark");
      mark.textContent = text.value.slice(span.start, span.end);
      mark.dataset.sentence = span.sentence;
      mark.dataset.numbers = span.numbers.join(" ");
      mark.classList.add(span.list);
      pieces.push(text.value.slice(at, span.start), mark);
      at = span.end;
    }
    marks.replaceChildren(...pieces, `${text.value.slice(at)}\n`);
    if (active) light(active);
  };
  // Sentences that an edit has not touched keep their marks and move with it.
  const follow = () => {
    const [before, now] = [checked.text, text.value];
    const most = Math.min(before.length, now.length);
    let head = 0;
    while (head < most && before[head] === now[head]) head += 1;
    let tail = 0;
    while (tail < most - head && before[before.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
    const shift = now.length - before.length;
    checked.spans = checked.spans
      .filter((span) => span.end <= head || span.start >= before.length - tail)
      .map((span) => (span.end <= head ? span : { ...span, start: span.start + shift, end: span.end + shift }));
    checked.text = now;
  };
  const edited = () => {
    edits += 1;
    if (checked) {
      follow();
      find("old").hidden = false;
    }
    paint();
  };
  // By an edit command, so that the browser can undo it.
  const replaceText = (given) => {
    const whole = given.replace(/\r\n?/g, "\n");
    text.focus();
    text.select();
    if (!document.execCommand("insertText", false, whole) || text.value !== whole) text.value = whole;
    text.setSelectionRange(0, 0);
    edited();
  };

  // Cards.

  const cards = () => [...answer.querySelectorAll(".card")];
  const pairOf = (card) => checked.report[card.dataset.list][Number(card.dataset.place)];
  const light = (card) => {
    for (const mark of marks.querySelectorAll("mark")) {
      const own = [card.dataset.first, card.dataset.second].includes(mark.dataset.sentence);
      mark.classList.toggle("active", own);
    }
    const { first, second } = pairOf(card);
    headline.classList.toggle("active", [first, second].some((sentence) => sentence.part === "headline"));
  };
  // Where things stand while neither column is held in view: otherwise a held one would not come along.
  const reveal = (element, block) => {
    for (const column of [answer, form]) column.style.position = "static";
    element.scrollIntoView({ block });
    for (const column of [answer, form]) column.style.position = "";
  };
  const activate = (card) => {
    if (card !== active) side = null;
    active?.classList.remove("active");
    active = card;
    card.classList.add("active");
    light(card);
  };
  const show = (card, which) => {
    activate(card);
    side = which;
    const mark = marks.querySelector(`mark[data-sentence="${card.dataset[which]}"]`);
    const place = pairOf(card)[which].part === "headline" ? headline : mark;
    if (place) reveal(place, "center");
    else say("That sentence has been edited.");
    return place;
  };
  // To the sentence with the cursor, to mend it.
  const enter = (card, which) => {
    const place = show(card, which);
    if (place === headline) headline.focus();
    if (!place || place === headline) return;
    const span = checked.spans.find((found) => String(found.sentence) === card.dataset[which]);
    text.focus({ preventScroll: true });
    text.setSelectionRange(span.start, span.start);
  };
  const move = (step) => {
    const all = cards();
    if (!all.length) return;
    const at = all.indexOf(active);
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + step));
    activate(all[next]);
    all[next].focus({ preventScroll: true });
    reveal(all[next], "nearest");
  };
  const copy = async (card) => {
    const pair = pairOf(card);
    const named = (sentence) => (sentence.role === "headline" ? "Headline" : `Sentence ${sentence.number}`);
    const kind = card.querySelector(".card-head h3")?.textContent || "Worth a look";
    const percent = card.querySelector(".card-head .probability > span:last-child, .share").textContent;
    const words = [
      `${kind}, ${percent.replace("probability", "").replace(/\s+/g, " ").trim()}`,
      ...[pair.first, pair.second].map((sentence) => `${named(sentence)}: ${sentence.text}`),
      ...[...card.querySelectorAll(".why")].map((line) => line.textContent.trim()),
    ].join("\n");
    try {
      await navigator.clipboard.writeText(words);
    } catch { // only pages of this computer, or encrypted ones, have a clipboard
      const helper = document.createElement("textarea");
      helper.value = words;
      document.body.append(helper);
      helper.select();
      document.execCommand("copy");
      helper.remove();
      card.focus({ preventScroll: true });
    }
    say("Copied.");
  };
  const judge = async (card, right) => {
    const buttons = { true: card.querySelector('[data-do="right"]'), false: card.querySelector('[data-do="wrong"]') };
    if (!buttons.true) return;
    const taken = buttons[right].getAttribute("aria-pressed") === "true";
    const said = { report: checked.report, first: Number(card.dataset.first), second: Number(card.dataset.second) };
    try {
      const body = JSON.stringify({ ...said, right: taken ? null : right });
      await ask("/api/feedback", body, { "Content-Type": "application/json" });
    } catch (error) {
      fail(error.message);
      return;
    }
    for (const [value, button] of Object.entries(buttons)) {
      button.setAttribute("aria-pressed", String(!taken && value === String(right)));
    }
    say(taken ? "Answer taken back." : "Answer kept.");
  };
  const save = (kind) => {
    const name = (checked.report.headline || "article").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60);
    const [ending, type, content] = {
      html: ["html", "text/html", checked.html],
      markdown: ["md", "text/markdown", checked.markdown],
      json: ["json", "application/json", `${JSON.stringify(checked.report, null, 1)}\n`],
    }[kind];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = `consistency-${name.replace(/^-|-$/g, "")}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const act = {
    copy: (card) => copy(card),
    right: (card) => judge(card, true),
    wrong: (card) => judge(card, false),
  };

  // Checking.

  const wait = (on) => {
    busy = on;
    find("submit").textContent = on ? "Checking…" : "Check";
    find("submit").setAttribute("aria-disabled", String(on));
    answer.classList.toggle("busy", on);
    say(on ? "Checking the article." : "");
  };
  const check = async () => {
    if (busy) return;
    fail("");
    if (!text.value.trim()) {
      fail("Paste an article first.");
      text.focus();
      return;
    }
    const asked = { text: text.value, edits };
    const began = Date.now();
    const clock = setInterval(() => {
      find("seconds").textContent = `${Math.round((Date.now() - began) / 1000)} s`;
    }, 1000);
    wait(true);
    try {
      const found = await ask("/check", new URLSearchParams(new FormData(form)));
      wait(false);
      showAnswer(found, asked);
    } catch (error) {
      wait(false);
      fail(error.message);
    }
    clearInterval(clock);
    find("seconds").textContent = "";
  };
  const showAnswer = (found, asked) => {
    active = null;
    headline.classList.remove("active");
    checked = { ...found, text: asked.text, spans: spansOf(found.report) };
    answer.innerHTML = found.cards;
    answer.hidden = false;
    find("desk").classList.add("answered");
    if (edits !== asked.edits) edited(); // while it was checked
    paint();
    say(answer.querySelector("#answer-title strong").textContent);
    // Above the text, on a narrow page, the reader is taken there. Beside it only its end may be in view, which the
    // button below a long text leaves so; who writes in the text stays there.
    const { top, bottom } = answer.getBoundingClientRect();
    if (bottom < 0 || innerWidth <= 960) answer.scrollIntoView();
    else if (top < 0 && document.activeElement !== text) reveal(answer, "start");
  };
  // Beside the other column each stays in view by its end, see the style.
  const heights = new ResizeObserver((changes) => {
    for (const { target } of changes) target.style.setProperty("--height", `${target.offsetHeight}px`);
  });
  heights.observe(answer);
  heights.observe(form);
  const open = async (file) => {
    fail("");
    const most = Number(find("file").dataset.most);
    if (file.size > most) {
      fail(`${file.name} is larger than ${most / 1048576} MB.`);
      return;
    }
    say(`Reading ${file.name}.`);
    try {
      const found = await ask(`/api/article?name=${encodeURIComponent(file.name)}`, file);
      headline.value = found.headline || "";
      replaceText(found.text);
      say(`${file.name} is open.`);
    } catch (error) {
      say("");
      fail(error.message);
    }
  };

  // What people do.

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  text.addEventListener("input", edited);
  headline.addEventListener("input", () => { if (checked) find("old").hidden = false; });
  for (const choice of form.querySelectorAll("select, [type=checkbox]")) {
    choice.addEventListener("change", () => { if (checked) find("old").hidden = false; });
  }
  text.addEventListener("click", () => { // a marked sentence shows its card
    const span = checked?.spans.find((found) => found.start <= text.selectionStart && text.selectionStart < found.end);
    const card = span && cards().find((found) =>
      [found.dataset.first, found.dataset.second].includes(String(span.sentence)));
    if (!card) return;
    activate(card);
    if (innerWidth > 960) reveal(card, "nearest");
  });
  answer.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.save) return save(button.dataset.save);
    const card = event.target.closest(".card");
    if (!card) return undefined;
    activate(card);
    if (button) return act[button.dataset.do](card);
    const link = event.target.closest("a[data-side]");
    if (link) {
      event.preventDefault();
      enter(card, link.dataset.side);
    } else if (!String(getSelection())) {
      show(card, side === "first" ? "second" : "first");
    }
    return undefined;
  });
  answer.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card) activate(card);
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      check();
    } else if (event.key === "F8") {
      event.preventDefault();
      move(event.shiftKey ? -1 : 1);
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey) {
      plainKey(event);
    }
  });
  const plainKey = (event) => {
    const target = event.target;
    const typing = target.closest("input, select, textarea, button, summary, a");
    const card = target.classList.contains("card") ? target : null;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const done = { c: "copy", r: "right", w: "wrong" }[key];
    if (key === "Escape" && target.closest(".card")) text.focus(); // its cursor is where it was
    else if (typing) return;
    else if (key === "j" || (card && key === "ArrowDown")) move(1);
    else if (key === "k" || (card && key === "ArrowUp")) move(-1);
    else if (card && key === "Enter") show(card, side === "first" ? "second" : "first");
    else if (card && done) act[done](card);
    else return;
    event.preventDefault();
  };
  find("file").addEventListener("change", () => {
    if (find("file").files.length) open(find("file").files[0]);
    find("file").value = "";
  });
  find("sample").addEventListener("click", () => {
    headline.value = "";
    replaceText(find("sample-text").content.textContent.trim());
  });
  find("clear").addEventListener("click", () => {
    headline.value = "";
    replaceText("");
    fail("");
  });
  const carried = (event) => [...(event.dataTransfer?.items || [])].some((item) => item.kind === "file");
  document.addEventListener("dragover", (event) => {
    if (!carried(event)) return;
    event.preventDefault();
    document.body.classList.add("dragged");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragged");
  });
  document.addEventListener("drop", (event) => {
    document.body.classList.remove("dragged");
    if (!carried(event)) return;
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    open(event.clipboardData.files[0]);
  });

  text.required = false; // an empty one is told in our own words
  find("sources").hidden = false;
  find("shortcut").hidden = false;
  paint();
})();
