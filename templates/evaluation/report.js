"use strict";
(() => {
    const errors = () => [...document.querySelectorAll(".step")];
    const reveal = (element) => {
        for (let each = element; each; each = each.parentElement) {
            if (each.tagName === "DETAILS") each.open = true;
        }
    };
    const go = (element) => {
        if (!element) return;
        reveal(element);
        element.scrollIntoView({ block: "center" });
        element.focus({ preventScroll: true });
        document.querySelectorAll(".here").forEach((each) => each.classList.remove("here"));
        (element.closest(".block") || element).classList.add("here");
    };
    const step = (way) => {
        const all = errors();
        const at = all.findIndex((each) => each.closest(".here"));
        go(all[at < 0 ? (way > 0 ? 0 : all.length - 1) : (at + way + all.length) % all.length]);
    };
    const setAll = (open) => document.querySelectorAll("main details").forEach((each) => { each.open = open; });
    const doing = { next: () => step(1), previous: () => step(-1), open: () => setAll(true), fold: () => setAll(false) };

    document.querySelector(".tools").hidden = false;
    document.addEventListener("click", (event) => {
        const button = event.target.closest("[data-do]");
        if (button) doing[button.dataset.do]();
        const line = event.target.closest("a[data-line]");
        if (line) {
            const file = document.getElementById(`f${line.dataset.file}`);
            const blocks = [...file.querySelectorAll("[data-first]")];
            const block = blocks.filter((each) => Number(each.dataset.first) <= Number(line.dataset.line)).pop();
            if (!block) return;
            event.preventDefault();
            block.querySelectorAll("details").forEach((each) => { each.open = true; });
            const item = [...block.querySelectorAll("li")][Number(line.dataset.line) - Number(block.dataset.first)];
            go(block);
            if (item) item.scrollIntoView({ block: "center" });
        }
    });
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "n") step(1);
        if (event.key === "p") step(-1);
    });
    const follow = () => go(document.getElementById(decodeURIComponent(location.hash.slice(1))));
    addEventListener("hashchange", follow);
    if (location.hash) follow();
})();
