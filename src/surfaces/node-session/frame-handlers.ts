import type { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import type { Session } from '#core/sessions/session.ts';
import type { NodeFrame } from '#protocol/gen/garrison/node/v1/node.ts';
import { readMetrics } from './frames.ts';

type NodeWord = NonNullable<NodeFrame['frame']>;
type WordValue<Case extends NodeWord['$case']> = Extract<NodeWord, { readonly $case: Case }>['value'];

/** What is done with frames that are no concern of the session itself, by their kind. @throws UnreadableFrame */
export type FrameHandlers = {
  readonly [Case in NodeWord['$case']]?: (session: Session, value: WordValue<Case>) => void;
};

export function metricsFrames(metrics: Pick<MetricsWriter, 'put'>): FrameHandlers {
  return { metrics: (session, value) => metrics.put(session, readMetrics(value)) };
}

/** A kind without a handler is of a later version, or nothing depends on it (`Received`). */
export function handleFrame(handlers: FrameHandlers, session: Session, { frame }: NodeFrame): void {
  if (frame === undefined) return;
  (handlers[frame.$case] as ((session: Session, value: unknown) => void) | undefined)?.(session, frame.value); // of its own case
}
