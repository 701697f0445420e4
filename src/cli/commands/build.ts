// `build`: a recipe file, one domain of the workspace's model mapping, or all of them.
import { existsSync } from 'node:fs';
import {
  contextWindowOption,
  emotionOption,
  kernelsOption,
  workerThreadsOption,
} from '#src/stages/shared-options.ts';
import {
  prepareDomainBuild,
  prepareRecipeBuild,
  prepareUniversalBuild,
  type NamedBuildOptions,
  type PreparedBuild,
} from '#src/jobs/named-build.ts';
import { recordBuild } from '#src/jobs/record-build.ts';
import { recipeLevels, type RecipeLevel } from '#src/recipe/recipe-schema.ts';
import { describeCommand, type OptionValues } from '#src/stages/stage-descriptor.ts';
import { defineCommand, type CommandContext } from '../command.ts';
import { nearestName } from '../nearest-name.ts';
import { parseLevelName } from '../option-values.ts';
import { factoryBuild } from '../factory-build.ts';
import { renderBuild } from '../render-build.ts';
import { usageError } from '../usage-error.ts';

const mapped = 'For domain and universal';

const descriptor = describeCommand({
  name: 'build',
  title: 'Build',
  summary: 'Build a recipe, a domain or everything into validated parents',
  description: [
    'Sources that did not change are not built again, and a build that was killed goes on at its last good tensor. Domains and use cases come from the workspace around the current folder (gguf-studio.json), else from the embedded Seedling.',
  ],
  forms: ['RECIPE', 'domain NAME', 'universal'],
  positionals: { minimum: 1, maximum: 2 },
  options: {
    validate: {
      kind: 'flag',
      default: true,
      label: 'Validate',
      description:
        'Load every output in llama.cpp and ask it the validation prompts before it gets its name; without it only its structure is checked.',
    },
    'keep-temp': {
      kind: 'flag',
      label: 'Keep temporary files',
      description: "Keep converted adapters in the studio's own folder.",
    },
    overwrite: {
      kind: 'flag',
      label: 'Overwrite',
      description: 'Replace output files that GGUF Studio did not build.',
    },
    'verify-reused': {
      kind: 'flag',
      label: 'Verify reused files',
      description: 'Check outputs that are up to date by their full hash, not by size and time.',
    },
    threads: workerThreadsOption,
    kernels: kernelsOption,
    level: {
      kind: 'text',
      repeatable: true,
      valueName: 'LEVELS',
      aliases: ['--levels'],
      group: mapped,
      label: 'Levels',
      description:
        "Levels, separated by commas; as-is keeps a quantized base's tensors. Without it: the level of the use case.",
    },
    'use-case': {
      kind: 'text',
      valueName: 'NAME',
      group: mapped,
      label: 'Use case',
      description:
        "production, mobile, healthcare, quality-critical, development or one of your mapping: chooses level and window. Without it: the domain's own.",
    },
    bundled: {
      kind: 'flag',
      group: mapped,
      label: 'Bundled',
      description: 'Carry the adapters inside the file, switched at run time. The default.',
    },
    merged: {
      kind: 'flag',
      group: mapped,
      label: 'Merged',
      description:
        'Add the adapters into the weights before quantizing. Refused where they have different bases.',
    },
    emotion: { ...emotionOption, group: mapped },
    output: {
      kind: 'path',
      valueName: 'PATH',
      aliases: ['-o', '--outdir', '--outfile'],
      group: mapped,
      label: 'Output',
      description:
        "Folder, or file name ending in .gguf ({level} stands for the level). Without it: the workspace's outputs.",
    },
    'context-window': { ...contextWindowOption, group: mapped },
    imatrix: {
      kind: 'path',
      valueName: 'FILE',
      group: mapped,
      label: 'Importance matrix',
      description: 'Importance matrix that weighs the rounding errors; where there is one base.',
    },
    'allow-requantize': {
      kind: 'flag',
      group: mapped,
      label: 'Allow requantizing',
      description: 'Accept a base that is already quantized, and lose quality twice.',
    },
    workspace: {
      kind: 'path',
      valueName: 'FOLDER',
      group: mapped,
      label: 'Workspace',
      description: 'Workspace whose model mapping counts. Without it: found upward, else Seedling.',
    },
  },
  examples: [
    {
      command: 'gguf-studio build domain healthcare --level Q4_K_M,Q5_K_M',
      explains: 'One bundled parent at two levels',
    },
    {
      command: 'gguf-studio build universal --use-case mobile --no-emotion',
      explains: 'All domains in one parent, small',
    },
    { command: 'gguf-studio build my.recipe.json', explains: 'A recipe of your own' },
  ],
});

type Options = OptionValues<typeof descriptor.options>;

export const buildCommand = defineCommand(
  descriptor,
  async ({ options, positionals, given }, context) => {
    const prepared = await prepare(positionals, options, given, context);
    const params = {
      recipe: prepared.document.text,
      label: prepared.document.label,
      folder: prepared.folder,
      validate: options.validate,
      keepTemp: options['keep-temp'] ?? false,
      overwrite: options.overwrite ?? false,
      verifyReused: options['verify-reused'] ?? false,
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    };
    const result = await recordBuild(
      { ...prepared, origin: 'command line', command: context.commandLine, params },
      factoryBuild(context, params),
      {
        signal: context.signal,
        onNotice: (event) => context.show(event),
      },
    );
    return { result, text: renderBuild(result) };
  },
);

function prepare(
  positionals: readonly string[],
  options: Options,
  given: ReadonlyMap<string, readonly string[]>,
  context: CommandContext,
): Promise<PreparedBuild> {
  const [what = '', name, ...others] = positionals;
  if (options.bundled === true && options.merged === true) {
    throw usageError('--bundled and --merged exclude each other.', 'Give one of them.');
  }
  const here = context.resolvePath('.');
  if (what === 'domain') {
    if (name === undefined) {
      throw usageError('build domain needs a name.', 'Write: gguf-studio build domain healthcare.');
    }
    if (given.has('emotion')) {
      throw usageError(
        'The emotion step belongs to universal builds.',
        'Leave it out, or write: gguf-studio build universal.',
      );
    }
    return prepareDomainBuild(name, namedOptions(options), here);
  }
  refuseMistypedForm(what, name, context);
  const extra = name ?? others[0];
  if (extra !== undefined) {
    throw usageError(
      `"${extra}" is one argument too many.`,
      'Write: gguf-studio build RECIPE, build domain NAME or build universal.',
    );
  }
  if (what === 'universal') {
    return prepareUniversalBuild({ ...namedOptions(options), emotion: options.emotion }, here);
  }
  const misplaced = [...given.keys()].find((key) => {
    const option = descriptor.options[key as keyof typeof descriptor.options];
    return option !== undefined && 'group' in option && option.group === mapped;
  });
  if (misplaced !== undefined) {
    throw usageError(
      `--${misplaced} has no meaning for a recipe, which says it itself.`,
      'Change the recipe, or use it with build domain and build universal.',
    );
  }
  return prepareRecipeBuild(context.resolvePath(what), what);
}

/** A word that no file has as its name, but that is nearly `domain` or `universal`, is one of them mistyped. */
function refuseMistypedForm(what: string, name: string | undefined, context: CommandContext): void {
  const form = nearestName(what, ['domain', 'universal']);
  if (form === undefined || what === form || existsSync(context.resolvePath(what))) return;
  throw usageError(
    `There is no recipe "${what}".`,
    `Did you mean: gguf-studio build ${form === 'domain' ? `domain ${name ?? 'NAME'}` : form}?`,
  );
}

function namedOptions(options: Options): NamedBuildOptions {
  return {
    levels: options.level.length === 0 ? undefined : options.level.flatMap(parseRecipeLevels),
    useCase: options['use-case'],
    contextWindow: options['context-window'],
    merged: options.merged,
    outputPath: options.output,
    imatrix: options.imatrix,
    allowRequantize: options['allow-requantize'],
    workspace: options.workspace,
  };
}

function parseRecipeLevels(text: string): RecipeLevel[] {
  return text.split(',').map((part) => {
    const name = part.trim();
    if (name.toLowerCase() === 'as-is') return 'as-is';
    // The nearest of all that are allowed here, as-is included.
    if (nearestName(name, recipeLevels) === 'as-is') {
      throw usageError(`--level: there is no level "${name}".`, 'Did you mean as-is?');
    }
    return parseLevelName(name, '--level');
  });
}
