/**
 * For brokers that take several messages in one request: what is published in one turn goes together, at most `most` at a
 * time. `send` says for each what became of it, in their order; when it rejects, it did for all of them.
 */
export function collect<Message, Result>(
  most: number,
  send: (messages: readonly Message[]) => Promise<readonly Result[]>,
): (message: Message) => Promise<Result> {
  let waiting: { readonly message: Message; readonly answer: PromiseWithResolvers<Result> }[] = [];

  function flush(): void {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += most) void sendTogether(all.slice(from, from + most));
  }

  async function sendTogether(some: typeof waiting): Promise<void> {
    try {
      const results = await send(some.map(({ message }) => message));
      for (const [place, { answer }] of some.entries()) {
        const result = results[place];
        if (result === undefined) answer.reject(new Error('nothing was said about this message'));
        else answer.resolve(result);
      }
    } catch (error) {
      for (const { answer } of some) answer.reject(error);
    }
  }

  return (message) => {
    if (waiting.length === 0) setImmediate(flush);
    const answer = Promise.withResolvers<Result>();
    waiting.push({ message, answer });
    return answer.promise;
  };
}
