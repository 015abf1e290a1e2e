import { connect, type Socket } from 'node:net';
import { ATTACKER_ADDRESS } from './grpc.ts';

/** A TCP connection from the attacker's own address, with whatever comes back kept as text. */
export class RawConnection {
  readonly socket: Socket;
  readonly openedAt = performance.now();
  /** Resolves with the milliseconds it stood open. */
  readonly closed: Promise<number>;
  received = '';

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, localAddress: ATTACKER_ADDRESS });
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => {
      if (this.received.length < 65_536) this.received += bytes.toString('latin1');
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => resolve(performance.now() - this.openedAt));
    });
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  write(bytes: string | Buffer): void {
    if (this.isOpen) this.socket.write(bytes);
  }

  /** Resolves once the other side has closed, or the time is over. */
  async until(ms: number): Promise<void> {
    await Promise.race([this.closed, new Promise((resolve) => setTimeout(resolve, ms))]);
    this.socket.destroy();
  }
}
