package io.switchover4j.examples;

import static java.util.Locale.ROOT;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes what a run showed as one HTML file that needs nothing else. */
final class RunReport {

    private static final String STYLE = """
            :root{--bg:#fff;--text:#1c2430;--muted:#5b6573;--grid:#e2e6eb;--rate:#2f6db5;--latency:#7a3e9d;
              --catching_up:#eef1f4;--draining:#fbe8b3;--fencing:#f7c9a8;--confirming_position:#f2b2a0;--promoting:#e99a9a;
              --releasing:#bfe3c0;--rejoining:#e3eefa;--rolling_back:#d9c8e8;--card:#f6f8fa}
            @media (prefers-color-scheme:dark){:root{--bg:#12161c;--text:#e4e9ef;--muted:#9aa6b4;--grid:#2a323c;--rate:#6aa5e8;
              --latency:#c79be0;--catching_up:#1c222a;--draining:#4d431c;--fencing:#53361f;--confirming_position:#572c22;
              --promoting:#5e2626;--releasing:#1f4224;--rejoining:#1a2838;--rolling_back:#3a2b4d;--card:#1a2027}}
            body{margin:0 auto;padding:24px 20px 48px;max-width:1120px;background:var(--bg);color:var(--text);
              font:15px/1.5 system-ui,sans-serif}
            h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:34px 0 6px}p{margin:6px 0;color:var(--muted)}
            svg{width:100%;height:auto;display:block}svg text{font:11px system-ui,sans-serif;fill:var(--muted)}
            svg text.label{fill:var(--text);stroke:var(--bg);stroke-width:3px;paint-order:stroke}svg .grid{stroke:var(--grid)}svg .tickmark{stroke:var(--muted)}
            svg .rate{fill:var(--rate);fill-opacity:.85}svg .latency{fill:var(--latency)}svg .phase{fill:var(--catching_up)}
            svg .draining{fill:var(--draining)}svg .fencing{fill:var(--fencing)}
            svg .confirming_position{fill:var(--confirming_position)}svg .promoting{fill:var(--promoting)}
            svg .releasing{fill:var(--releasing)}svg .rejoining{fill:var(--rejoining)}svg .rolling_back{fill:var(--rolling_back)}
            .figures{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
            .figures div{background:var(--card);border-radius:8px;padding:10px 16px;min-width:96px}
            .figures b{display:block;font-size:22px}.figures span{color:var(--muted);font-size:13px}
            table{border-collapse:collapse;margin:8px 0}td,th{padding:3px 14px 3px 0;text-align:left;font-size:14px}
            td.n{text-align:right;font-variant-numeric:tabular-nums}
            pre{background:var(--card);padding:12px;border-radius:8px;overflow:auto;font-size:13px}
            .legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--muted)}
            .legend i{display:inline-block;width:14px;height:14px;border-radius:3px;vertical-align:-2px;margin-right:5px}
            """;

    private static final List<String> PHASES =
            List.of("CATCHING_UP", "DRAINING", "FENCING", "CONFIRMING_POSITION", "PROMOTING", "RELEASING", "REJOINING");

    private RunReport() {}

    /**
     * Writes the file.
     *
     * @param title what was run
     * @param figures names and values for the top of the page, in order
     * @param texts the report of each switch, as text
     */
    static Path write(Path file, String title, Map<String, String> figures, RunData run, List<String> texts)
            throws IOException {
        StringBuilder html = new StringBuilder(256 << 10);
        html.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>")
                .append(escape(title))
                .append("</title><style>")
                .append(STYLE)
                .append("</style></head><body><h1>")
                .append(escape(title))
                .append(
                        "</h1><p>Every transaction of the run as the application saw it. Shaded: the phases of each switch.</p>")
                .append("<div class=\"figures\">");
        figures.forEach((name, value) -> html.append("<div><b>")
                .append(escape(value))
                .append("</b><span>")
                .append(escape(name))
                .append("</span></div>"));
        html.append("</div>").append(legend());
        html.append("<h2>The whole run</h2>").append(RunChart.overview(run));
        for (int i = 0; i < run.switches().size(); i++) {
            RunData.Switch switchover = run.switches().get(i);
            html.append("<h2>")
                    .append(escape(switchover.title()))
                    .append("</h2><p>")
                    .append(String.format(
                            ROOT,
                            "The application's longest pause between two commits was %.0f ms; a raw connection to the servers saw %.0f ms.",
                            switchover.pauseMillis(),
                            switchover.floorMillis()))
                    .append("</p>")
                    .append(RunChart.zoom(run, switchover))
                    .append("<details><summary>Report</summary><pre>")
                    .append(escape(texts.get(i)))
                    .append("</pre></details>");
        }
        html.append("</body></html>\n");
        Files.createDirectories(file.toAbsolutePath().getParent());
        return Files.writeString(file, html);
    }

    /** One drawing with its own colours, for places that show an image and no page. */
    static Path writeImage(Path file, RunData run, RunData.Switch switchover) throws IOException {
        String drawing = RunChart.zoom(run, switchover);
        int end = drawing.indexOf('>') + 1;
        String style = "<style>" + STYLE.replaceAll("(?s)@media.*?\\}\\}", "") + "</style>"
                + "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>";
        return Files.writeString(file, drawing.substring(0, end) + style + drawing.substring(end) + "\n");
    }

    private static String legend() {
        StringBuilder legend = new StringBuilder("<div class=\"legend\">");
        for (String phase : PHASES) {
            String name = phase.toLowerCase(ROOT);
            legend.append("<span><i style=\"background:var(--")
                    .append(name)
                    .append(")\"></i>")
                    .append(name.replace('_', ' '))
                    .append("</span>");
        }
        return legend.append("</div>").toString();
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
