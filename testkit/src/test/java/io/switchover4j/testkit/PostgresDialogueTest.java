package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresDialogueTest {

    private final WireProtocol.Dialogue dialogue = WireProtocol.postgres().begin();

    @BeforeEach
    void logIn() throws IOException {
        assertThat(dialogue.clientMessageLength(untyped(196_608))).isEqualTo(8);
        assertThat(dialogue.fromClient(untyped(196_608)).kind()).isEqualTo(MessageKind.STARTUP);
        assertThat(client('p', "secret").sql()).isEmpty();
        server('R', 0);
        server('K', 4711, 1);
        assertThat(server('Z', 'I').settledThrough()).isEqualTo(1);
        assertThat(dialogue.serverPid()).hasValue(4711);
    }

    @Test
    void executeIsKnownByTheStatementThatItsPortalWasBoundTo() throws IOException {
        client('P', "S_1", "COMMIT");
        client('P', "", "insert into t values ($1)");
        client('B', "", "S_1");
        client('B', "C_2", "");

        ClientMessage commit = client('E', "");
        ClientMessage insert = client('E', "C_2");

        assertThat(commit.sql()).isEqualTo("COMMIT");
        assertThat(commit.commits()).isTrue();
        assertThat(insert.sql()).isEqualTo("insert into t values ($1)");
        assertThat(insert.commits()).isFalse();
        assertThat(insert.endsRequest()).isFalse();
        assertThat(client('S').endsRequest()).isTrue();
    }

    @Test
    void answersOfPipelinedRequestsAreGivenToTheirMessages() throws IOException {
        long parse = client('P', "", "SELECT 1").number();
        long bind = client('B', "", "").number();
        long execute = client('E', "").number();
        long sync = client('S').number();
        long query = client('Q', "SELECT 2; SELECT 3").number();

        assertThat(server('1').answerTo()).isEqualTo(parse);
        assertThat(server('2').answerTo()).isEqualTo(bind);
        assertThat(server('D').answerTo()).isEqualTo(execute);
        assertThat(server('A').answerTo()).isZero();
        ServerMessage complete = server('C', "SELECT 1");
        assertThat(complete.answerTo()).isEqualTo(execute);
        assertThat(complete.text()).isEqualTo("SELECT 1");
        assertThat(complete.settledThrough()).isLessThan(parse);
        assertThat(server('Z', 'I').settledThrough()).isEqualTo(sync);
        assertThat(server('C', "SELECT 1").answerTo()).isEqualTo(query);
        assertThat(server('C', "SELECT 1").answerTo()).isEqualTo(query);
        assertThat(server('Z', 'T').settledThrough()).isEqualTo(query);
    }

    @Test
    void errorAnswersAllUpToTheNextSync() throws IOException {
        client('P', "", "SELEC 1");
        client('B', "", "");
        long execute = client('E', "").number();
        long sync = client('S').number();
        long next = client('P', "", "SELECT 2").number();

        ServerMessage error = server('E', (Object) "SERROR\0C42601\0Msyntax\0");

        assertThat(error.text()).isEqualTo("42601");
        assertThat(error.answerTo()).isEqualTo(execute);
        assertThat(server('Z', 'I').settledThrough()).isEqualTo(sync);
        assertThat(server('1').answerTo()).isEqualTo(next);
    }

    @Test
    void errorAtSyncIsTheAnswerToSyncAlone() throws IOException {
        client('E', "");
        long sync = client('S').number();
        server('C', "INSERT 0 1");

        assertThat(server('E', (Object) "C23503\0").answerTo()).isEqualTo(sync);
        assertThat(server('Z', 'I').settledThrough()).isEqualTo(sync);
    }

    @Test
    void whatIsFlushedIsSettledByItsOwnAnswer() throws IOException {
        long parse = client('P', "", "SELECT 1").number();
        client('H');

        assertThat(server('1').settledThrough()).isEqualTo(parse);
    }

    @Test
    void copyIsSettledOnceReadyAndItsStrayEndDisturbsNothing() throws IOException {
        long copy = client('Q', "COPY t FROM STDIN").number();
        assertThat(server('G').kind()).isEqualTo(MessageKind.COPY_IN);
        client('d', "1\n");
        assertThat(server('E', (Object) "C22P02\0").answerTo()).isEqualTo(copy);
        assertThat(server('Z', 'I').settledThrough()).isEqualTo(copy);
        client('c');

        long query = client('Q', "SELECT 1").number();

        assertThat(server('C', "SELECT 1").answerTo()).isEqualTo(query);
        assertThat(server('Z', 'I').settledThrough()).isEqualTo(query);
    }

    @Test
    void syncThatTheServerOverlooksDuringCopyIsNotWaitedFor() throws IOException {
        long execute = client('E', "").number();
        client('S');
        server('G');
        client('d', "1\n");
        long end = client('c').number();
        long sync = client('S').number();

        assertThat(server('C', "COPY 1").answerTo()).isBetween(execute, end);
        assertThat(server('Z', 'I').settledThrough()).isEqualTo(sync);
    }

    @Test
    void encryptionIsRefusedBeforeStartupOnly() throws IOException {
        WireProtocol.Dialogue fresh = WireProtocol.postgres().begin();

        ClientMessage tls = fresh.fromClient(untyped(80_877_103));
        ClientMessage gss = fresh.fromClient(untyped(80_877_104));

        assertThat(tls.kind()).isEqualTo(MessageKind.TLS_REQUEST);
        assertThat(fresh.refusal(tls)).hasValue(new byte[] {'N'});
        assertThat(fresh.refusal(gss)).isPresent();
        assertThat(fresh.fromClient(untyped(196_608)).kind()).isEqualTo(MessageKind.STARTUP);
        assertThat(WireProtocol.postgres()
                        .begin()
                        .fromClient(untyped(80_877_102))
                        .kind())
                .isEqualTo(MessageKind.CANCEL_REQUEST);
    }

    @Test
    void lengthIsUnknownUntilItIsThereAndNonsenseIsRefused() throws IOException {
        assertThat(dialogue.serverMessageLength(ByteBuffer.allocate(4))).isEqualTo(WireProtocol.Dialogue.UNKNOWN);
        assertThat(dialogue.clientMessageLength(ByteBuffer.wrap(new byte[] {'Q', 0, 0, 1, 0})))
                .isEqualTo(257);
        assertThatThrownBy(() -> dialogue.serverMessageLength(ByteBuffer.wrap(new byte[] {'Z', 0, 0, 0, 3})))
                .isInstanceOf(IOException.class)
                .hasMessage("This is not PostgreSQL's protocol: a message says that it is 3 bytes long");
        assertThatThrownBy(() -> WireProtocol.postgres()
                        .begin()
                        .clientMessageLength(ByteBuffer.wrap("GET / HTTP/1.1".getBytes(StandardCharsets.US_ASCII))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is 1195725856 bytes long");
        assertThatThrownBy(() -> dialogue.fromClient(ByteBuffer.wrap(new byte[] {'Q', 0, 0, 0, 5, 'x'})))
                .isInstanceOf(IOException.class)
                .hasMessage("A message of PostgreSQL's protocol ends within a text");
    }

    private ClientMessage client(char type, String... texts) throws IOException {
        ByteBuffer message = message(type, (Object[]) texts);
        assertThat(dialogue.clientMessageLength(message)).isEqualTo(message.limit());
        return dialogue.fromClient(message);
    }

    private ServerMessage server(char type, Object... content) throws IOException {
        ByteBuffer message = message(type, content);
        assertThat(dialogue.serverMessageLength(message)).isEqualTo(message.limit());
        return dialogue.fromServer(message);
    }

    private static ByteBuffer message(char type, Object... content) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(body);
        for (Object each : content) {
            if (each instanceof Integer number) {
                out.writeInt(number);
            } else if (each instanceof Character letter) {
                out.writeByte(letter);
            } else {
                out.write((each + "\0").getBytes(StandardCharsets.UTF_8));
            }
        }
        return ByteBuffer.allocate(5 + body.size())
                .put((byte) type)
                .putInt(4 + body.size())
                .put(body.toByteArray())
                .flip();
    }

    private static ByteBuffer untyped(int code) {
        return ByteBuffer.allocate(8).putInt(8).putInt(code).flip();
    }
}
