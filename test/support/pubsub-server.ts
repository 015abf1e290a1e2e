/**
 * A server of ours that takes what clients of Google Cloud Pub/Sub publish, from the service's own definition as the client's
 * package has it: there is no emulator on npm or in Debian. It knows `Publish` alone.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type GrpcObject,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

export interface PublishedMessage {
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
}

interface PublishCall {
  readonly request: { readonly topic: string; readonly messages: readonly PublishedMessage[] };
}

type Answer = (error: { code: number; message: string } | null, answer?: { messageIds: string[] }) => void;

export class PubSubServer {
  readonly port: number;
  readonly taken: { readonly topic: string; readonly message: PublishedMessage }[] = [];
  /** Each gets the bodies that are published from now on. */
  readonly readers = new Set<string[]>();
  /** Codes of gRPC that the next calls end with. */
  readonly refusals: number[] = [];
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(): Promise<PubSubServer> {
    const server = new Server();
    let own: PubSubServer | undefined;
    server.addService(publisherService(), {
      Publish: (call: PublishCall, answer: Answer) => own?.publish(call, answer),
    });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
    own = new PubSubServer(server, await promise);
    return own;
  }

  publish({ request }: PublishCall, answer: Answer): void {
    const code = this.refusals.shift();
    if (code !== undefined) return answer({ code, message: `refused with ${code}` });
    for (const message of request.messages) {
      this.taken.push({ topic: request.topic, message });
      for (const reader of this.readers) reader.push(message.data.toString());
    }
    return answer(null, { messageIds: request.messages.map((_, n) => String(this.taken.length + n)) });
  }

  async close(): Promise<void> {
    this.#server.forceShutdown();
  }
}

function publisherService() {
  const { resolve } = createRequire(import.meta.url);
  const protos = createRequire(import.meta.url)(
    join(dirname(resolve('@google-cloud/pubsub')), '../protos/protos.json'),
  );
  const google = loadPackageDefinition(fromJSON(protos)).google as GrpcObject;
  const { Publisher } = (google.pubsub as GrpcObject).v1 as { Publisher: ServiceClientConstructor }; // as the file has it
  return Publisher.service;
}
