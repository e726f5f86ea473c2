"use strict";
// Replays the page that it stands in. All times were worked out before: it only looks them up.
(() => {
  const find = (id) => document.getElementById(id);
  const session = JSON.parse(find("session").textContent);
  const panes = find("panes"), scrubber = find("scrubber"), track = find("track");
  const play = find("play"), speed = find("speed"), future = find("future");
  const rounds = [...document.querySelectorAll("section.round")];
  const said = [find("user"), ...document.querySelectorAll("section.said")];
  const states = [...document.querySelectorAll(".names .state")];
  const why = find("doing").textContent;
  const seconds = (ms) => (ms / 1000).toFixed(1) + " s";
  const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 64];
  const SIGNS = { queued: "◌", thinking: "◐", speaking: "●", retrying: "↻", done: "✓", failed: "✗", cancelled: "✗" };
  const SETTLED = new Set(["done", "failed", "cancelled"]);

  let now = session.total, before = null, pace = 1, frame = 0, last = 0;

  const turns = session.turns.map((turn) => {
    const element = find(`t${turn.round}-${turn.role}`);
    const begins = turn.phases.length ? turn.phases[0][1] : 0;
    const own = turn.phases.filter((phase) => phase[0] !== "waiting");
    const ends = own.length ? own[own.length - 1][2] : begins;
    return { ...turn, element, begins, ends, text: null, shown: -1 };
  });
  const moments = [...new Set([0, session.total, ...session.rounds,
    ...turns.flatMap((turn) => [turn.begins, ...turn.phases.map((phase) => phase[1]), turn.ends])])]
    .sort((a, b) => a - b);

  // ------------------------------------------------------------------------------ text, as it came

  // Each piece of text gets a twin for what is still to come, so that nothing moves.
  function split(turn) {
    const root = turn.element.querySelector(".text"), pieces = [], blocks = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    let length = 0;
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.nodeType === Node.ELEMENT_NODE) {
        blocks.push({ element: node, start: length });
      } else {
        pieces.push({ node, whole: node.nodeValue, start: length });
        length += node.nodeValue.length;
      }
    }
    for (const piece of pieces) {
      const rest = document.createElement("span");
      rest.className = "unsaid";
      piece.rest = document.createTextNode("");
      rest.append(piece.rest);
      piece.node.after(rest);
    }
    const caret = document.createElement("span");
    caret.className = "caret";
    return { pieces, blocks, length, caret };
  }

  function reveal(turn, share, isSpeaking) {
    turn.text ??= split(turn);
    const { pieces, blocks, length, caret } = turn.text;
    const count = Math.round(share * length);
    if (count !== turn.shown) {
      let end = null;
      for (const piece of pieces) {
        const room = Math.max(0, Math.min(piece.whole.length, count - piece.start));
        // Half of a pair would be a broken character.
        const code = room ? piece.whole.charCodeAt(room - 1) : 0;
        const cut = code >= 0xd800 && code < 0xdc00 ? room - 1 : room;
        if (piece.node.nodeValue.length !== cut) {
          piece.node.nodeValue = piece.whole.slice(0, cut);
          piece.rest.nodeValue = piece.whole.slice(cut);
        }
        if (cut > 0) end = piece.node;
      }
      for (const block of blocks) {
        block.element.classList.toggle("unsaid", block.start >= count && count < length);
      }
      turn.shown = count;
      if (end) end.after(caret);
    }
    caret.hidden = !isSpeaking || count === 0;
  }

  // How much of the text was there: the last of the times that is not later.
  function came(turn, time) {
    const list = turn.came;
    if (time >= turn.ends) return 1;
    let low = 0, high = list.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[2 * middle] <= time) low = middle + 1; else high = middle;
    }
    return low ? list[2 * low - 1] / list[list.length - 1] : 0;
  }

  // --------------------------------------------------------------------------------- the whole page

  function phaseAt(turn, time) {
    if (time >= turn.ends) return SETTLED.has(turn.state) ? [turn.state] : [turn.state, turn.ends];
    return turn.phases.find((phase) => time < phase[2]) ?? turn.phases[0];
  }

  function draw() {
    const isEnd = now >= session.total;
    const doing = new Map();
    const latest = session.roles.map(() => null);
    let follow = null;
    for (const turn of turns) {
      const isBegun = isEnd || now >= turn.begins;
      turn.element.classList.toggle("unsaid", !isBegun);
      if (!isBegun) continue;
      latest[turn.role] = turn;
      const isOpen = !isEnd && now < turn.ends;
      turn.element.classList.toggle("open", isOpen);
      const failure = turn.element.querySelector(".failure");
      if (failure) failure.classList.toggle("unsaid", isOpen);
      if (turn.text || isOpen) reveal(turn, isEnd ? 1 : came(turn, now), isOpen);
      if (isOpen) {
        const phase = phaseAt(turn, now)[0];
        doing.set(phase, [...(doing.get(phase) ?? []), session.roles[turn.role].name]);
        if (turn.text.caret.isConnected && !turn.text.caret.hidden) {
          const bottom = turn.text.caret.getBoundingClientRect().bottom;
          if (!follow || bottom > follow.bottom) follow = { bottom, caret: turn.text.caret };
        }
      }
    }
    latest.forEach((turn, place) => {
      if (!turn || !states[place]) return;
      const [phase, start] = phaseAt(turn, isEnd ? Infinity : now);
      const sign = SIGNS[phase] ? SIGNS[phase] + " " : "";
      const word = phase === "cancelled" ? "stopped" : phase;
      const took = SETTLED.has(phase) || isEnd ? "" : ` ${seconds(now - start)}`;
      states[place].textContent = sign + word + took;
    });
    states.forEach((state, place) => { if (!latest[place]) state.textContent = ""; });

    let current = -1;
    session.rounds.forEach((start, place) => {
      const isBegun = isEnd || now >= start;
      rounds[place].classList.toggle("future", !isBegun);
      if (isBegun) current = place;
    });
    rounds.forEach((round, place) => round.classList.toggle("past", !isEnd && place < current));
    session.said.forEach((start, place) => {
      if (place && said[place]) said[place].classList.toggle("unsaid", !isEnd && now < start);
    });
    const names = [...doing].map(([phase, who]) => `${who.length > 4 ? `${who.length} roles` : who.join(", ")} ${phase}`);
    find("round").hidden = current < 0;
    find("round").textContent = current > 0 ? `round ${current}` : "opening";
    if (!panes.classList.contains("tracing")) find("doing").textContent = isEnd ? why : names.join(" · ");
    find("clock").textContent = `${(now / 1000).toFixed(1)} of ${seconds(session.total)}`;
    scrubber.value = now;
    scrubber.setAttribute("aria-valuetext", `${find("round").textContent}, ${find("clock").textContent}`);
    future.hidden = isEnd;
    future.style.left = `${(100 * now) / Math.max(1, session.total)}%`;
    return { current, follow };
  }

  function show(time, isJump) {
    const from = before;
    now = Math.max(0, Math.min(session.total, time));
    const { current, follow } = draw();
    if (current !== from && rounds[current] && now < session.total) {
      rounds[current].scrollIntoView({ block: "start" });
    } else if (follow) {
      const room = panes.getBoundingClientRect();
      if (follow.bottom > room.bottom - 8) panes.scrollTop += follow.bottom - room.bottom + 40;
    } else if (isJump && now >= session.total) {
      panes.scrollTop = panes.scrollHeight;
    }
    before = current;
    const lane = find("timeline"), x = track.offsetLeft + (track.offsetWidth * now) / Math.max(1, session.total);
    if (lane.scrollWidth > lane.clientWidth) lane.scrollLeft = x - lane.clientWidth * 0.6;
  }

  // ------------------------------------------------------------------------------------------ keys

  function tick(time) {
    show(now + (time - last) * pace, false);
    last = time;
    if (now >= session.total) stop(); else frame = requestAnimationFrame(tick);
  }

  function start() {
    if (now >= session.total) { before = null; show(0, true); panes.scrollTop = 0; }
    last = performance.now();
    frame = requestAnimationFrame(tick);
    play.textContent = "pause";
  }

  function stop() {
    cancelAnimationFrame(frame);
    frame = 0;
    play.textContent = "play";
  }

  function jump(time) { stop(); show(time, true); }

  function next(list, step) {
    if (step > 0) return list.find((moment) => moment > now) ?? session.total;
    return [...list].reverse().find((moment) => moment < now) ?? 0;
  }

  function hasten(step) {
    pace = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(pace) + step))];
    speed.textContent = `${pace}×`;
  }

  const ends = [...session.rounds, session.total];
  const KEYS = {
    " ": () => (frame ? stop() : start()),
    ArrowLeft: (shift) => jump(next(shift ? ends : moments, -1)),
    ArrowRight: (shift) => jump(next(shift ? ends : moments, 1)),
    "[": () => jump(next(ends, -1)),
    "]": () => jump(next(ends, 1)),
    Home: () => { jump(0); panes.scrollTop = 0; },
    End: () => jump(session.total),
    "-": () => hasten(-1),
    "+": () => hasten(1),
    "=": () => hasten(1),
  };
  document.addEventListener("keydown", (event) => {
    const isOwn = event.target.closest?.("button, a, summary") && (event.key === " " || event.key === "Enter");
    if (isOwn || event.ctrlKey || event.altKey || event.metaKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key](event.shiftKey);
  });
  play.addEventListener("click", () => KEYS[" "]());
  speed.addEventListener("click", () => { if (pace === SPEEDS.at(-1)) pace = SPEEDS[0]; else hasten(1); speed.textContent = `${pace}×`; });
  scrubber.addEventListener("input", () => jump(Number(scrubber.value)));

  function drag(event) {
    if (event.type === "pointermove" && !(event.buttons & 1)) return;
    const box = track.getBoundingClientRect();
    jump(((event.clientX - box.left) / box.width) * session.total);
  }
  track.addEventListener("pointerdown", drag);
  track.addEventListener("pointermove", drag);

  // --------------------------------------------------------------------------------- who saw what

  function listens(role, other) {
    const watched = session.roles[role].watched;
    return watched === null || watched.includes(other);
  }

  function trace(element) {
    for (const lit of document.querySelectorAll(".lit, .seen")) lit.classList.remove("lit", "seen");
    const turn = element && turns.find((other) => other.element === element);
    panes.classList.toggle("tracing", Boolean(turn));
    if (!turn) { draw(); return; }
    element.classList.add("lit");
    const ids = [];
    for (const [from, to] of turn.observed) {
      for (let at = from; at < to; at++) {
        const [id, place] = session.published[at];
        ids.push(id);
        const other = place < 0 ? (at ? find(`p${at}`) : find("user")) : turns[place].element;
        if (other) other.classList.add("lit", "seen");
      }
    }
    const unseen = turns.filter((other) => other.round === turn.round && other !== turn
      && other.state === "done" && listens(turn.role, other.role)).map((other) => other.id);
    const some = (list) => (list.length > 8 ? [...list.slice(0, 7), `+${list.length - 7}`] : list).join(" ");
    const hidden = unseen.length ? ` · could not see ${some(unseen)}, said at the same time` : "";
    find("doing").textContent = `${turn.id} saw ${some(ids) || "nothing"}${hidden}`;
  }
  const turnOf = (event) => (event.target.closest ? event.target.closest("article.turn") : null);
  panes.addEventListener("pointerover", (event) => { if (!frame) trace(turnOf(event)); });
  panes.addEventListener("pointerleave", () => trace(null));
  track.addEventListener("pointerover", (event) => {
    const lane = event.target.closest("[data-turn]");
    if (!frame) trace(lane && turns[Number(lane.dataset.turn)].element);
  });
  track.addEventListener("pointerleave", () => trace(null));
  panes.addEventListener("focusin", (event) => { if (!frame) trace(turnOf(event)); });
  panes.addEventListener("focusout", () => trace(null));

  // ----------------------------------------------------------------------------------------- start

  const theme = find("theme");
  const isDark = () => getComputedStyle(document.documentElement).colorScheme.trim() === "dark";
  const name = () => { theme.textContent = isDark() ? "light" : "dark"; };
  theme.addEventListener("click", () => { document.documentElement.dataset.theme = isDark() ? "light" : "dark"; name(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  addEventListener("beforeprint", () => jump(session.total));
  scrubber.max = session.total;
  find("controls").hidden = theme.hidden = false;
  name();
  draw();
  // An address may end in a time: #t=8.5
  const wanted = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (wanted) show(1000 * Number(wanted[1]), true);
})();
