// A recipe as text: the way on for a file that is broken, and for whoever prefers to write. Problems with line numbers above,
// a plain editor below; every change is one of the document's edits, so undo works across both views.
import type { StudioError } from '#src/errors/studio-error.ts';
import { Button } from '#renderer/ui/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import type { CanvasDocument } from './canvas-document.ts';
import { changeDocument, editText } from './canvas-store.ts';
import css from './workflow-screen.module.css';

export function RecipeText({ document }: { document: CanvasDocument }) {
  const { content, text } = document;
  const problems = content.state === 'broken' ? problemsOf(content.error) : [];
  const wrong = new Set(problems.flatMap(({ line }) => line ?? []));
  const lines = text.split('\n').length;
  const toCanvas = () =>
    changeDocument(document.key, (current) => ({ ...current, view: 'canvas' }));
  return (
    <section className={css.text} aria-label={`Text of ${document.title}`}>
      <div className={css.problem}>
        {content.state === 'broken' ? (
          <>
            <ErrorNotice
              error={content.error}
              action={
                problems[0]?.line !== undefined && (
                  <Button onClick={() => goToLine(text, problems[0]?.line ?? 1)}>
                    Go to line {problems[0].line}
                  </Button>
                )
              }
            />
            {problems.length > 1 && (
              <ul>
                {problems.slice(1).map((problem) => (
                  <li key={`${problem.place} ${problem.message}`}>
                    {problem.line === undefined ? (
                      problem.message
                    ) : (
                      <Button variant="quiet" onClick={() => goToLine(text, problem.line ?? 1)}>
                        Line {problem.line}: {problem.message}
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
            )}
          </>
        ) : (
          <Button variant="primary" onClick={toCanvas}>
            Show as canvas
          </Button>
        )}
      </div>
      <div className={css.editor}>
        <pre className={css.numbers} aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            <b key={index} data-wrong={wrong.has(index + 1) || undefined}>
              {index + 1}
            </b>
          ))}
        </pre>
        <textarea
          id="recipe-text"
          className={css.area}
          aria-label="Recipe text"
          spellCheck={false}
          wrap="off"
          style={{ height: lines * 18 + 24 }}
          value={text}
          onChange={(event) =>
            editText(withLineEnds(event.target.value, text), {
              step: 'Edit the text',
              joins: 'text',
            })
          }
        />
      </div>
    </section>
  );
}

/** A text area speaks only LF; the file's own line ends stay. */
function withLineEnds(typed: string, before: string): string {
  return before.includes('\r\n') ? typed.replaceAll('\n', '\r\n') : typed;
}

interface TextProblem {
  readonly message: string;
  readonly place: string;
  readonly line: number | undefined;
}

function problemsOf(error: StudioError): TextProblem[] {
  const listed: readonly unknown[] = Array.isArray(error.details.problems)
    ? error.details.problems
    : [];
  const problems = listed.flatMap((one): TextProblem[] => {
    if (typeof one !== 'object' || one === null || !('message' in one)) return [];
    const place = 'place' in one && typeof one.place === 'string' ? one.place : '';
    const at = 'at' in one && typeof one.at === 'string' ? `${one.at}: ` : '';
    return [{ message: `${at}${String(one.message)}`, place, line: lineIn(place) }];
  });
  return problems.length > 0
    ? problems
    : [{ message: error.message, place: '', line: lineIn(error.message) }];
}

function lineIn(text: string): number | undefined {
  const found = /line (\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

function goToLine(text: string, line: number): void {
  const area = document.querySelector<HTMLTextAreaElement>('#recipe-text');
  if (area === null) return;
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  area.parentElement?.scrollTo({ top: (line - 4) * 18 });
}
