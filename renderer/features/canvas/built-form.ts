// What a build makes of a recipe: everything in it but places on the canvas. Two recipes with the same form have the same
// plan and look the same in every node, so that moving nodes asks nobody anything. Reckoned once per node and text.
import type { RecipeNode } from '#src/recipe/recipe-schema.ts';
import type { CanvasDocument, DocumentContent } from './canvas-document.ts';

const ofNodes = new WeakMap<RecipeNode, string>();
const ofContents = new WeakMap<DocumentContent, string>();

/** A node without its place, as JSON. */
export function builtForm(node: RecipeNode): string {
  let form = ofNodes.get(node);
  if (form === undefined) {
    form = JSON.stringify({ ...node, position: undefined });
    ofNodes.set(node, form);
  }
  return form;
}

/** Everything that a plan of the document depends on: its recipe, and the folder that its paths start in. */
export function documentForm({ content, file }: Pick<CanvasDocument, 'content' | 'file'>): string {
  return `${file?.path ?? ''}\n${contentForm(content)}`;
}

function contentForm(content: DocumentContent): string {
  if (content.state !== 'recipe') return '';
  let form = ofContents.get(content);
  if (form === undefined) {
    const { nodes, ...rest } = content.document.recipe;
    // The recipe's own node objects are new with every text; those of the content keep their identity.
    const own = nodes.map((node) => builtForm(content.nodes.get(node.id) ?? node));
    form = `${JSON.stringify(rest)}\n${own.join('\n')}`;
    ofContents.set(content, form);
  }
  return form;
}
