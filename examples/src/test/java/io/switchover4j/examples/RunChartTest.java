package io.switchover4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class RunChartTest {

    private static final RunData.Switch SWITCH = new RunData.Switch(
            "Switch 1: a to b",
            List.of(
                    new RunData.Span("CATCHING_UP", 1.0, 1.2),
                    new RunData.Span("DRAINING", 1.2, 1.21),
                    new RunData.Span("FENCING", 1.21, 1.27),
                    new RunData.Span("PROMOTING", 1.27, 1.33),
                    new RunData.Span("RELEASING", 1.33, 1.34),
                    new RunData.Span("REJOINING", 1.34, 1.6)),
            131,
            120);
    private static final RunData RUN =
            new RunData(new double[] {0.5, 1.1, 1.35, 1.9}, new double[] {2, 3, 140, 2}, List.of(SWITCH), 2.0);

    @Test
    void aZoomShadesEveryPhaseOfItsSwitchAndIsWellFormed() throws Exception {
        Document drawing = parsed(RunChart.zoom(RUN, SWITCH));

        assertThat(classes(drawing))
                .contains(
                        "phase catching_up",
                        "phase draining",
                        "phase fencing",
                        "phase promoting",
                        "phase releasing",
                        "phase rejoining");
    }

    @Test
    void anOverviewNamesEachSwitchWithItsPause() throws Exception {
        assertThat(parsed(RunChart.overview(RUN)).getDocumentElement().getTextContent())
                .contains("Switch 1: a to b: 131 ms");
    }

    @Test
    void aReportNeedsNothingFromElsewhere(@TempDir Path folder) throws Exception {
        Path file = RunReport.write(
                folder.resolve("report.html"), "1 <switch>", Map.of("errors", "0"), RUN, List.of("as <text>"));

        assertThat(Files.readString(file))
                .contains("1 &lt;switch&gt;", "as &lt;text&gt;", "<svg")
                .doesNotContain("<script", "href=", "src=", "@import");
    }

    @Test
    void anAxisEndsAtARoundFigureThatIsNotTooSmall() {
        assertThat(RunChart.niceMaximum(1)).isEqualTo(2);
        assertThat(RunChart.niceMaximum(11)).isEqualTo(20);
        assertThat(RunChart.niceMaximum(137)).isEqualTo(200);
    }

    private static Document parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    private static List<String> classes(Document drawing) {
        var shapes = drawing.getElementsByTagName("rect");
        return java.util.stream.IntStream.range(0, shapes.getLength())
                .mapToObj(i ->
                        shapes.item(i).getAttributes().getNamedItem("class").getNodeValue())
                .toList();
    }
}
