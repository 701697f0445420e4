// A chat template rendered over the conversations that chat programs have: with and without a system message, several turns,
// an answer that is over, tools. Templates come from anyone: run this where an endless loop can be ended from outside
// (electron/factory/library/template-process.ts).
import { Template } from '@huggingface/jinja';
import { templateLimit, type TemplateTask } from '#src/stages/library/render-template.ts';

export const scenarioNames = ['question', 'instructed', 'turns', 'answered', 'tools'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface ExaminationTask {
  /** The file's template, and the source's to compare with. */
  readonly examined: readonly TemplateTask[];
}

export interface RenderedScenario {
  readonly text?: string;
  readonly problem?: string;
}

export interface TemplateExamination {
  /** Why it is no template at all. */
  readonly syntax?: string;
  readonly scenarios: Readonly<Partial<Record<ScenarioName, RenderedScenario>>>;
}

export interface ExaminedTemplates {
  /** One for each task, in order; absent when the process that renders had to be ended. */
  readonly examinations?: readonly TemplateExamination[];
  /** Why it was ended. */
  readonly problem?: string;
}

/** Words that occur in no template. */
export const saidTexts = {
  system: 'Answer as briefly as the quokka.',
  question: 'What is a mitochondrion, please?',
  answer: 'The powerhouse of the xylophone.',
  followUp: 'And where does the quagga come from?',
} as const;

/** A real template makes about 2,000 characters of these. */
const renderedLimit = 1 << 20;

const system = { role: 'system', content: saidTexts.system };
const question = { role: 'user', content: saidTexts.question };
const answer = { role: 'assistant', content: saidTexts.answer };
const followUp = { role: 'user', content: saidTexts.followUp };
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Tells the weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'Name of the city.' } },
      required: ['city'],
    },
  },
};
const call = {
  role: 'assistant',
  content: '',
  tool_calls: [
    {
      id: 'call00001',
      type: 'function',
      function: { name: 'get_weather', arguments: { city: 'Cologne' } },
    },
  ],
};
const result = {
  role: 'tool',
  tool_call_id: 'call00001',
  name: 'get_weather',
  content: '{"temperature": 21}',
};

/** What llama.cpp gives to every template beside the conversation (common/chat.cpp). */
const given = { datetime: 'Jan 01 2026 00:00:00 GMT', functions: '[]' };

type Scenario = Readonly<Record<string, unknown>>;

const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  question: { messages: [question], add_generation_prompt: true },
  instructed: { messages: [system, question], add_generation_prompt: true },
  turns: { messages: [question, answer, followUp], add_generation_prompt: true },
  answered: { messages: [question, answer], add_generation_prompt: false },
  tools: { messages: [question, call, result], tools: [weather], add_generation_prompt: true },
};

/** In this process: only for templates that are known to end. */
export function examineTemplates({ examined }: ExaminationTask): ExaminedTemplates {
  return { examinations: examined.map(examineTemplate) };
}

function examineTemplate({ template, bosToken, eosToken }: TemplateTask): TemplateExamination {
  if (template.length > templateLimit) {
    return { syntax: `it has ${template.length} characters`, scenarios: {} };
  }
  let parsed: Template;
  try {
    parsed = new Template(template);
  } catch (error) {
    return { syntax: messageOf(error), scenarios: {} };
  }
  const render = (scenario: Scenario): RenderedScenario => {
    try {
      // Templates may write into what they are given.
      const text = parsed.render({
        ...given,
        ...structuredClone(scenario),
        bos_token: bosToken,
        eos_token: eosToken,
      });
      return text.length > renderedLimit
        ? { problem: `it makes ${text.length} characters of a short conversation` }
        : { text };
    } catch (error) {
      return { problem: messageOf(error) };
    }
  };
  return {
    scenarios: Object.fromEntries(
      scenarioNames.map((name) => [name, render(scenarios[name])] as const),
    ),
  };
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(0, 500) || 'it cannot be rendered';
}
