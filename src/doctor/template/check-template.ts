// The chat template check: it is a template, it renders what chat programs give it, it closes an answer with a token at which
// generation stops, its marks are tokens, and it makes of a conversation what the source's makes. Base models have none.
import type { Check, Draft } from '../findings.ts';
import { textFix } from '../metadata/fix-value.ts';
import { endTokens } from '../tokenizer/end-tokens.ts';
import { readVocabulary, tokenKeys, type Vocabulary } from '../tokenizer/vocabulary.ts';
import { saidTexts, scenarioNames, type TemplateExamination } from './examine-template.ts';
import {
  fileTemplates,
  textAround,
  missingOpening,
  textBehindAnswer,
  textBetweenTurns,
  type FileTemplates,
} from './file-templates.ts';
import { findKnownTokenizer, type KnownTokenizer } from '../tokenizer/known-tokenizers.ts';
import { knownTemplateOf, knownTemplates } from './known-templates.ts';
import { marksIn, unknownMarks } from './marks.ts';

const keys = [tokenKeys.template];

export const checkTemplate: Check = async function* (subject, context) {
  if (subject.kind !== 'model' || subject.survey.byteOrder === 'big') {
    return { summary: 'Only models have chat templates.', skipped: true };
  }
  const templates = await fileTemplates(subject, context);
  const vocabulary = readVocabulary(subject.metadata);
  if (templates.template === undefined) {
    if (subject.complete)
      yield* missing(templates, vocabulary, await findKnownTokenizer(vocabulary?.merges));
    return { summary: 'It has no chat template: a base model.', skipped: true };
  }
  const drafts = judge(templates, vocabulary);
  yield* drafts;
  if (drafts.length === 0) yield* compare(templates);
  return {
    summary: isJudgeable(templates.examination)
      ? 'It renders conversations and ends answers rightly.'
      : 'It uses what the renderer here does not know; it was not judged.',
  };
};

/** Base models have none: it is missing only where the source or all models of the tokenizer have one. */
function* missing(
  { sourceTemplate }: FileTemplates,
  vocabulary: Vocabulary | undefined,
  known: KnownTokenizer | undefined,
): Generator<Draft> {
  const usual = knownTemplates.find(({ name }) => name === known?.template);
  const template = sourceTemplate ?? usual?.template;
  if (template === undefined || (sourceTemplate === undefined && vocabulary === undefined)) return;
  yield {
    code: 'template/missing',
    message:
      sourceTemplate === undefined
        ? `The file has no chat template; models of ${known?.name ?? ''} have one.`
        : 'The source has a chat template; the file has none.',
    evidence: { template: template.slice(0, 300) },
    keys,
    remedy: `Takes ${sourceTemplate === undefined ? `the template of ${usual?.name ?? ''}` : "the source's template"}.`,
    fix: textFix(tokenKeys.template, template),
  };
}

/** What would be better: the source's, or the registry's for these marks where it is another. */
function replacement(
  { template, sourceTemplate }: FileTemplates,
  vocabulary: Vocabulary | undefined,
) {
  if (sourceTemplate !== undefined && sourceTemplate !== template) {
    return {
      remedy: "Takes the source's template.",
      fix: textFix(tokenKeys.template, sourceTemplate),
    };
  }
  const known = vocabulary === undefined ? undefined : knownTemplateOf(vocabulary);
  if (known !== undefined && known.template !== template) {
    return {
      remedy: `Takes the template of ${known.name}, whose marks the vocabulary has.`,
      fix: textFix(tokenKeys.template, known.template),
    };
  }
  return { remedy: 'Name the model that the file was made from (--source).' };
}

function judge(templates: FileTemplates, vocabulary: Vocabulary | undefined): Draft[] {
  const { examination, problem, template = '' } = templates;
  const better = replacement(templates, vocabulary);
  const base = { keys, evidence: { template: template.slice(0, 300) }, ...better };
  if (examination === undefined) {
    return problem === undefined
      ? []
      : [
          {
            ...base,
            code: 'template/rendering',
            message: `The chat template cannot be used: ${lowered(problem)}`,
          },
        ];
  }
  if (examination.syntax !== undefined) {
    return [
      {
        ...base,
        code: 'template/syntax',
        message: `The chat template is no template: ${lowered(examination.syntax)}`,
      },
    ];
  }
  const rendering = renderingProblem(examination);
  if (rendering !== undefined) return [{ ...base, code: 'template/rendering', message: rendering }];
  if (vocabulary === undefined || !isJudgeable(examination)) return [];
  const unknown = unknownMarks(textAround(examination), vocabulary);
  if (unknown.length > 0) {
    return [
      {
        ...base,
        code: 'template/tokens',
        message: `The chat template writes ${unknown.slice(0, 5).join(', ')}, which ${unknown.length === 1 ? 'is no token' : 'are no tokens'} of the vocabulary.`,
        evidence: { ...base.evidence, marks: unknown },
      },
    ];
  }
  const opening = missingOpening(examination);
  if (opening !== undefined && marksIn(opening, vocabulary).length > 0) {
    return [
      {
        ...base,
        code: 'template/ending',
        message: `The chat template does not begin an answer: behind the question ${JSON.stringify(opening.slice(0, 60))} is missing.`,
        evidence: { ...base.evidence, opening },
      },
    ];
  }
  return isEnded(examination, vocabulary)
    ? []
    : [
        {
          ...base,
          code: 'template/ending',
          message: 'The chat template marks where messages begin, but nothing ends an answer.',
          evidence: { ...base.evidence, behindAnAnswer: textBehindAnswer(examination) ?? '' },
        },
      ];
}

/** Why no conversation can be had with it; undefined when one scenario does, or when the renderer here lacks something. */
function renderingProblem(examination: TemplateExamination): string | undefined {
  const rendered = scenarioNames.flatMap((name) => examination.scenarios[name] ?? []);
  const problems = rendered.flatMap(({ problem }) => problem ?? []);
  if (problems.length === rendered.length) {
    return problems.some(isOurLack)
      ? undefined
      : `The chat template cannot render any conversation: ${lowered(problems[0] ?? '')}`;
  }
  const { question, turns } = examination.scenarios;
  if (question?.text !== undefined && !question.text.includes(saidTexts.question)) {
    return 'The chat template drops what the user says.';
  }
  if (turns?.text !== undefined && !turns.text.includes(saidTexts.followUp)) {
    return 'The chat template drops what the user says in the second turn.';
  }
  if (turns?.text !== undefined && !turns.text.includes(saidTexts.answer)) {
    return 'The chat template drops what the model has answered.';
  }
  return undefined;
}

/** Messages of the renderer about parts of Jinja that it does not have, or that it is stricter about than others. */
function isOurLack(problem: string): boolean {
  return /^(?:Unknown \w+ (?:filter|test)|Unknown (?:filter|test|statement)|Object keys must be strings|Cannot apply filter|Cannot unpack|Cannot call something)/i.test(
    problem,
  );
}

function isJudgeable(examination: TemplateExamination | undefined): boolean {
  return examination?.scenarios.turns?.text !== undefined;
}

/**
 * Templates of plain text have no marks; others write nothing behind an answer because the next turn's mark ends it. One
 * that marks messages with tokens has to write one at which generation stops.
 */
function isEnded(examination: TemplateExamination, vocabulary: Vocabulary): boolean {
  const behind = textBehindAnswer(examination);
  const between = textBetweenTurns(examination);
  if (behind === undefined || between === undefined) return true;
  const ends = endTokens(vocabulary);
  const closing = [...marksIn(behind, vocabulary), ...marksIn(between, vocabulary)];
  if (closing.some((id) => ends.has(id))) return true;
  // A closing mark that does not stop the model is the tokenizer's finding.
  if (marksIn(behind, vocabulary).length > 0) return true;
  return marksIn(textAround(examination), vocabulary).length === 0;
}

/** Equal text, or at least equal renderings, tools included. */
function* compare(templates: FileTemplates): Generator<Draft> {
  const { template, sourceTemplate, examination, sourceExamination } = templates;
  if (sourceTemplate === undefined || sourceTemplate === template) return;
  if (examination === undefined || sourceExamination === undefined) return;
  const different = scenarioNames.filter((name) => {
    const [own, source] = [examination.scenarios[name], sourceExamination.scenarios[name]];
    if (source?.problem !== undefined && own?.problem !== undefined) return false;
    return own?.text !== source?.text;
  });
  if (different.length === 0) return;
  const [name = 'question'] = different;
  yield {
    code: 'template/differs',
    message: `The chat template makes another prompt than the source's of ${different.map(spoken).join(', ')}.`,
    evidence: {
      scenarios: different,
      file: cut(examination.scenarios[name]),
      source: cut(sourceExamination.scenarios[name]),
    },
    keys,
    remedy: "Takes the source's template.",
    fix: textFix(tokenKeys.template, sourceTemplate),
  };
}

function spoken(name: (typeof scenarioNames)[number]): string {
  switch (name) {
    case 'question':
      return 'a question';
    case 'instructed':
      return 'a question with a system message';
    case 'turns':
      return 'several turns';
    case 'answered':
      return 'an answer that is over';
    case 'tools':
      return 'a call of a tool';
  }
}

function cut(scenario: { text?: string; problem?: string } | undefined): string {
  return (scenario?.text ?? scenario?.problem ?? '').slice(0, 1_000);
}

function lowered(text: string): string {
  const sentence = text.slice(0, 300);
  return `${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1)}${/[.!?]$/.test(sentence) ? '' : '.'}`;
}
