// A finished answer as Markdown. Models write what they like: HTML stays text, pictures are not fetched, links are not
// followed but can be copied.
import { memo, useDeferredValue, useMemo, type ReactNode } from 'react';
import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { copyText } from '#renderer/ui/copy-button.tsx';
import { notify } from '#renderer/ui/notify.ts';
import { markRange } from '../logic/mark-plugin.ts';
import { markdownBlocks, type MarkdownBlock } from '../logic/markdown-blocks.ts';
import type { TextRange } from '../logic/difference-mark.ts';
import css from './turn.module.css';

const plugins = [remarkGfm];

const components: Components = {
  a: ({ href, children }) => <CopiedLink address={href ?? ''}>{children}</CopiedLink>,
  img: ({ alt, src }) => (
    <span className={css.picture}>
      [picture: {alt === undefined || alt === '' ? String(src) : alt}]
    </span>
  ),
  input: ({ checked }) => <span>{checked === true ? '☑' : '☐'} </span>,
  table: ({ children }) => (
    <div className={css.table} tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  pre: ({ children }) => (
    <pre tabIndex={0} role="group" aria-label="Code">
      {children}
    </pre>
  ),
  h1: ({ children }) => <p className={css.heading}>{children}</p>,
  h2: ({ children }) => <p className={css.heading}>{children}</p>,
  h3: ({ children }) => <p className={css.heading}>{children}</p>,
  h4: ({ children }) => <p className={css.heading}>{children}</p>,
  h5: ({ children }) => <p className={css.heading}>{children}</p>,
  h6: ({ children }) => <p className={css.heading}>{children}</p>,
};

export interface AnswerMarkdownProps {
  text: string;
  /** Characters to underline: the first token that differs. */
  mark?: TextRange | undefined;
}

export const AnswerMarkdown = memo(function AnswerMarkdown({ text, mark }: AnswerMarkdownProps) {
  // A long answer is drawn in pieces that give way to typing.
  const shown = useDeferredValue(text, text.length > 4000 ? text.slice(0, 2000) : text);
  const blocks = useMemo(() => markdownBlocks(shown), [shown]);
  return (
    <div className={css.markdown} data-part="text">
      {blocks.map((block) => (
        <Block key={block.start} text={block.text} mark={markInBlock(block, mark)} />
      ))}
    </div>
  );
});

/** Start and end as one string, so that a block without the mark is not drawn again. */
function markInBlock(block: MarkdownBlock, mark: TextRange | undefined): string | undefined {
  if (mark === undefined) return undefined;
  const start = mark.start - block.start;
  return start < 0 || start >= block.text.length ? undefined : `${start}-${mark.end - block.start}`;
}

const Block = memo(function Block({ text, mark }: { text: string; mark: string | undefined }) {
  const rehype = useMemo(() => {
    const [start, end] = mark?.split('-').map(Number) ?? [];
    return start === undefined || end === undefined ? [] : [markRange({ start, end })];
  }, [mark]);
  return (
    <Markdown remarkPlugins={plugins} rehypePlugins={rehype} components={components}>
      {text}
    </Markdown>
  );
});

function CopiedLink({ address, children }: { address: string; children: ReactNode }) {
  return (
    <button
      type="button"
      className={css.link}
      title={`Copy ${address}`}
      onClick={() => {
        void copyText(address).then((done) => {
          if (done) notify.info(`Copied ${address}`);
        });
      }}
    >
      {children}
    </button>
  );
}
