// Rate and wait of the answer that is being made, four times a second: read as figures, not as a blur.
import { useEffect, useState } from 'react';
import { rateBetween } from '../logic/answer-figures.ts';
import { readStream } from '../state/answer-stream.ts';

export interface LiveFigures {
  readonly tokensPerSecond: number | null;
  readonly firstTokenSeconds: number | null;
  readonly tokens: number;
}

const none: LiveFigures = { tokensPerSecond: null, firstTokenSeconds: null, tokens: 0 };

/** Figures of the running answer of a column; undefined while it answers nothing. */
export function useLiveFigures(column: string, streaming: boolean): LiveFigures | undefined {
  const [figures, setFigures] = useState<LiveFigures>(none);
  useEffect(() => {
    if (!streaming) return;
    const read = () => {
      const stream = readStream(column);
      if (stream?.firstAt === undefined) return setFigures(none);
      setFigures({
        tokens: stream.tokens,
        firstTokenSeconds: (stream.firstAt - stream.startedAt) / 1000,
        tokensPerSecond: rateBetween(stream.tokens, stream.firstAt, stream.lastAt),
      });
    };
    read();
    const timer = setInterval(read, 250);
    return () => clearInterval(timer);
  }, [column, streaming]);
  return streaming ? figures : undefined;
}
