// The answer that is being made: text goes straight into the page, a paragraph at a time, once per frame. React draws this
// once when the answer starts and once when it ends.
import { useLayoutEffect, useRef } from 'react';
import { useChat } from '../state/chat-store.ts';
import { onStream, readStream } from '../state/answer-stream.ts';
import css from './turn.module.css';

export function StreamingAnswer({ column, hidden }: { column: string; hidden: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const phase = useChat(({ runtime }) => runtime[column]?.phase);
  const waiting = useRef<HTMLSpanElement>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || hidden) return;
    let written = 0;
    element.replaceChildren();
    let line: Text | undefined;
    const write = (text: string) => {
      if (waiting.current !== null) waiting.current.hidden = text !== '';
      const added = text.slice(written);
      written = text.length;
      if (added === '') return;
      // One element per line keeps the layout of what stands untouched.
      added.split('\n').forEach((piece, index) => {
        if (index > 0 || line === undefined) {
          const paragraph = document.createElement('div');
          line = document.createTextNode('');
          paragraph.append(line);
          element.append(paragraph);
        }
        line.appendData(piece);
      });
    };
    write(readStream(column)?.text ?? '');
    return onStream(column, ({ text }) => {
      if (text.length < written) {
        // Another answer has begun in this place.
        element.replaceChildren();
        line = undefined;
        written = 0;
      }
      write(text);
    });
  }, [column, hidden]);

  return (
    <article className={css.answer} aria-busy="true" aria-label="Answer in progress">
      <div className={css.streaming} ref={box} />
      <span className={css.caret} ref={waiting}>
        {hidden
          ? 'Answering; all answers are shown together.'
          : phase === 'answering'
            ? 'Answering…'
            : phase === 'loading'
              ? 'Loading…'
              : 'Waiting…'}
      </span>
    </article>
  );
}
