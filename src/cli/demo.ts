// `npm run demo`: the whole factory on the embedded Seedling models. Builds two domains bundled and merged at four levels,
// validates every file, prints what each size is, and asks one prompt of each adapter. Everything in it is real.
import { basename, join } from 'node:path';
import { buildRecipeFile, createDomainSpecificModel, StudioError, type BuildResult } from '#src/api.ts';
import { engineContract } from '#src/contract/engine.contract.ts';
import { toWireError } from '#src/errors/studio-error.ts';
import { openHost } from '#src/io/open-host.ts';
import { ensureSeedlingWorkspace } from '#src/io/seedling-workspace.ts';
import { formatBytes, formatCount, formatDuration } from './format-number.ts';
import { createProgressDisplay } from './show-progress.ts';
import { renderTable } from './render-table.ts';
import { showError } from './show-error.ts';
import { processTerminal } from './terminal.ts';

void buildRecipeFile;
const levels = ['Q4_K_M', 'Q5_K_M', 'Q2_K', 'Q8_0'] as const;
const questions = {
  healthcare: { conditions: 'What is eczema?', anatomy: 'What is a femur?' },
  business: { finance: 'What is a bond?', organizations: 'What is a committee?' },
} as const;
type Domain = keyof typeof questions;
const domains = Object.keys(questions) as Domain[];
