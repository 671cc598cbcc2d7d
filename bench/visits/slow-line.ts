/**
 * A line of limited speed in front of a server: bytes towards the browser come no faster than so many a second, over all
 * connections together, and each request takes its time to arrive. It stands outside the browser, so that Workers and the service
 * worker are on it as well, and it counts all that comes over it, headers included.
 */
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

const TICK_MS = 4;
/** What waits for the line of one connection; the server is told to wait beyond that. */
const MAX_WAITING_BYTES = 128 << 10;

interface Lane {
  socket: Socket;
  server: Socket;
  waiting: Buffer[];
  waitingBytes: number;
  ended: boolean;
}

export class SlowLine {
  /** Bytes that have come to the browser. */
  bytes = 0;
  private readonly lanes = new Set<Lane>();
  private readonly listener: Server;
  private readonly timer: ReturnType<typeof setInterval>;
  private budget = 0;
  private lastMs = performance.now();

  /** @param latencyMs of a request on its way, and of making a connection */
  constructor(
    serverPort: number,
    private readonly bytesPerSecond: number,
    private readonly latencyMs: number,
  ) {
    this.listener = createServer((socket) => this.join(socket, serverPort));
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.listener.listen(0, "127.0.0.1", resolve));
    return `http://localhost:${(this.listener.address() as AddressInfo).port}/`;
  }

  close(): void {
    clearInterval(this.timer);
    for (const { socket, server } of this.lanes) {
      socket.destroy();
      server.destroy();
    }
    this.listener.close();
  }

  private join(socket: Socket, serverPort: number): void {
    const server = connect(serverPort, "127.0.0.1");
    const lane: Lane = { socket, server, waiting: [], waitingBytes: 0, ended: false };
    this.lanes.add(lane);
    let isFirst = true;
    socket.on("data", (request) => {
      setTimeout(() => server.write(request), this.latencyMs * (isFirst ? 2 : 1));
      isFirst = false;
    });
    server.on("data", (bytes) => {
      lane.waiting.push(bytes);
      lane.waitingBytes += bytes.length;
      if (lane.waitingBytes > MAX_WAITING_BYTES) server.pause();
    });
    server.on("end", () => (lane.ended = true));
    const leave = (): void => {
      this.lanes.delete(lane);
      socket.destroy();
      server.destroy();
    };
    for (const each of [socket, server]) each.on("error", leave);
    socket.on("close", leave);
  }

  private tick(): void {
    const now = performance.now();
    // What was not used is not saved up.
    const most = (this.bytesPerSecond * 4 * TICK_MS) / 1000;
    this.budget = Math.min(this.budget + ((now - this.lastMs) / 1000) * this.bytesPerSecond, most);
    this.lastMs = now;
    let busy = [...this.lanes].filter(({ waitingBytes }) => waitingBytes > 0);
    while (this.budget >= 1 && busy.length > 0) {
      const share = Math.max(1, Math.floor(this.budget / busy.length));
      for (const lane of busy) this.budget -= this.pass(lane, Math.min(share, Math.floor(this.budget)));
      busy = busy.filter(({ waitingBytes }) => waitingBytes > 0);
    }
    for (const lane of this.lanes) if (lane.ended && lane.waitingBytes === 0) lane.socket.end();
  }

  private pass(lane: Lane, most: number): number {
    const [first] = lane.waiting;
    if (!first || most < 1) return 0;
    const piece = first.subarray(0, most);
    if (piece.length === first.length) lane.waiting.shift();
    else lane.waiting[0] = first.subarray(piece.length);
    lane.waitingBytes -= piece.length;
    if (lane.waitingBytes <= MAX_WAITING_BYTES) lane.server.resume();
    lane.socket.write(piece);
    this.bytes += piece.length;
    return piece.length;
  }
}
