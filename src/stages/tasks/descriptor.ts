// Options of `tasks`.
import { generationThreadsOption, generatingModelOptions } from '../shared-options.ts';
import { describeCommand } from '../stage-descriptor.ts';

export const tasksDescriptor = describeCommand({
  name: 'tasks',
  title: 'Ask tasks',
  summary: 'Ask GGUF files questions with known answers, and count the right ones',
  description: [
    'A task file has one JSON object per line: {"prompt": TEXT, "answer": TEXT} or {"messages": [{"role": "user", "content": TEXT}, ...], "answer": [TEXT, ...]}. Any of several answers is right. With "match": "start" the answer only has to begin with one of them, at the end of a word; otherwise it has to be the whole answer.',
    "Questions are put into the model's own chat template and answered greedily. Before comparing, an answer and the expected ones are normalized: Unicode NFKC, white space collapsed and trimmed, lower case, quotes and brackets around it and punctuation behind it removed.",
    'The score is right / asked with its standard error; the first wrong answers are shown. A file of validation prompts (configs/validation_prompts.json) has no answers: right is an answer of finite logits that does not end in one repeated token.',
  ],
  forms: ['-m MODEL... -f TASKS.jsonl...', '-m MODEL... --suite NAME...'],
  positionals: { minimum: 0, maximum: 500 },
  options: {
    ...generatingModelOptions,
    file: {
      kind: 'path',
      repeatable: true,
      valueName: 'TASKS',
      aliases: ['-f'],
      label: 'Task file',
      description: 'JSON Lines of questions and answers. May be repeated.',
    },
    suite: {
      kind: 'text',
      repeatable: true,
      valueName: 'NAME',
      label: 'Suite',
      description: 'A suite of tasks by its id. May be repeated.',
    },
    'n-predict': {
      kind: 'integer',
      valueName: 'N',
      minimum: 1,
      maximum: 100000,
      default: 64,
      aliases: ['-n'],
      label: 'Longest answer',
      description: 'Tokens after which an answer is cut.',
    },
    threads: generationThreadsOption,
  },
  examples: [
    {
      command: 'gguf-studio tasks -m model-Q8_0.gguf -m model-Q2_K.gguf --suite tasks-definitions',
      explains: 'Two levels on the built-in questions',
    },
    {
      command:
        'gguf-studio tasks -m model.gguf --lora conditions.gguf -f my-questions.jsonl --json',
      explains: 'Questions of your own, with an adapter switched on',
    },
  ],
});
