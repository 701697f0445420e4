// The templates of a file and of its source, rendered once for all checks that ask about them: the template's own, and the
// tokenizer's for the token that ends an answer.
import type { CheckContext } from '../findings.ts';
import { sourceOf } from '../metadata/same-model.ts';
import type { Subject } from '../subject.ts';
import { templateOfGguf } from '#src/stages/library/template-of.ts';
import { saidTexts, type ExaminedTemplates, type TemplateExamination } from './examine-template.ts';

export interface FileTemplates {
  /** The file's template; undefined when it has none. */
  readonly template: string | undefined;
  readonly sourceTemplate: string | undefined;
  /** Undefined without a template, and when the process that renders had to be ended. */
  readonly examination: TemplateExamination | undefined;
  readonly sourceExamination: TemplateExamination | undefined;
  /** Why rendering had to be ended. */
  readonly problem: string | undefined;
}

const examined = new WeakMap<Subject, Promise<FileTemplates>>();

export function fileTemplates(subject: Subject, context: CheckContext): Promise<FileTemplates> {
  const known = examined.get(subject) ?? examine(subject, context);
  examined.set(subject, known);
  return known;
}

async function examine(
  subject: Subject,
  { source, ports, signal }: CheckContext,
): Promise<FileTemplates> {
  const own = templateOfGguf(subject.metadata);
  const given = sourceOf(subject, source);
  const others = given === undefined ? undefined : templateOfGguf(given.metadata);
  const render = async (tasks: readonly NonNullable<typeof own>[]): Promise<ExaminedTemplates> =>
    tasks.length === 0 ? {} : ports.examineTemplates({ examined: tasks }, signal);
  const first = await render(own === undefined ? [] : [own]);
  // Compared by what they make of the same special tokens: a wrong one of those is the tokenizer's finding.
  const isSame = own !== undefined && own.template === others?.template;
  const second =
    others === undefined || isSame
      ? {}
      : await render([own === undefined ? others : { ...own, template: others.template }]);
  return {
    template: own?.template,
    sourceTemplate: others?.template,
    examination: first.examinations?.[0],
    sourceExamination: isSame ? first.examinations?.[0] : second.examinations?.[0],
    problem: first.problem,
  };
}

/** What the template writes behind an answer that is over. */
export function textBehindAnswer({ scenarios }: TemplateExamination): string | undefined {
  return after(scenarios.answered?.text, saidTexts.answer);
}

/** What it writes between an answer and the user's next turn. */
export function textBetweenTurns({ scenarios }: TemplateExamination): string | undefined {
  return after(scenarios.turns?.text, saidTexts.answer)?.split(saidTexts.followUp, 1)[0];
}

/**
 * What stands before an answer in a conversation, where the template writes no more behind a question than it does behind an
 * answer that is over: then the model writes on as the user. Undefined when nothing is missing. Templates that begin an
 * answer only in part (to let the model think, or name its channel) write more than that.
 */
export function missingOpening(examination: TemplateExamination): string | undefined {
  const { turns, question } = examination.scenarios;
  const before = after(turns?.text, saidTexts.question)?.split(saidTexts.answer, 1)[0];
  const asked = after(question?.text, saidTexts.question);
  if (before === undefined || asked === undefined) return undefined;
  const isBegun = asked.trim() !== textBehindAnswer(examination)?.trim();
  return !isBegun && before.length > asked.length && before.startsWith(asked)
    ? before.slice(asked.length)
    : undefined;
}

/** All that it writes around what is said. */
export function textAround({ scenarios }: TemplateExamination): string {
  const { question, turns, answered } = scenarios;
  return [question, turns, answered].map((scenario) => scenario?.text ?? '').join('\n');
}

function after(text: string | undefined, said: string): string | undefined {
  const start = text?.indexOf(said) ?? -1;
  return start < 0 ? undefined : text?.slice(start + said.length);
}
