// Lines are jumped to within their pane, what is grave is asked once more, and a job that runs is looked at again.
(function () {
    "use strict";

    function showLine(line) {
        const found = document.getElementById("L" + line);
        if (!found) return false;
        document.querySelectorAll(".pennie-found").forEach((each) => each.classList.remove("pennie-found"));
        found.classList.add("pennie-found");
        found.scrollIntoView({ block: "start" });
        return true;
    }

    document.addEventListener("click", (event) => {
        const link = event.target.closest('a[href*="#L"]');
        const line = link && link.pathname === window.location.pathname && /#L(\d+)$/.exec(link.href);
        if (line && showLine(line[1])) event.preventDefault();
    });

    document.addEventListener("submit", (event) => {
        const question = event.target.dataset.confirm;
        if (question && !window.confirm(question)) event.preventDefault();
    });

    document.addEventListener("change", (event) => {
        if (event.target.matches(".pennie-clinic select")) event.target.form.requestSubmit();
    });

    document.addEventListener("DOMContentLoaded", () => {
        const line = /^#L(\d+)$/.exec(window.location.hash);
        if (line) showLine(line[1]);
        const waiting = document.querySelector("[data-look-again]");
        if (waiting) setTimeout(() => window.location.reload(), 1000 * Number(waiting.dataset.lookAgain));
    });
})();
