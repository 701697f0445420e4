// What a new recipe can start from.
import type { StudioParams } from '#renderer/studio-client.ts';

export type TemplateName = StudioParams<'makeFromTemplate'>['template'];

export const templates: readonly {
  readonly name: TemplateName;
  readonly title: string;
  readonly text: string;
}[] = [
  {
    name: 'domain',
    title: 'One domain',
    text: 'A base with the adapters of one domain, as one parent at the levels you choose.',
  },
  {
    name: 'universal',
    title: 'Universal',
    text: 'All domains of the workspace in one parent, with the routes between them.',
  },
  {
    name: 'family',
    title: 'Family',
    text: 'A parent for every domain of the workspace, and the routes between them.',
  },
  {
    name: 'compare-levels',
    title: 'Compare levels',
    text: 'One base at many levels, to see what each of them costs and keeps.',
  },
  { name: 'empty', title: 'Empty', text: 'Begin with nothing and add steps one by one.' },
];
