// Where a node that is added without a place of its own stands on the canvas in front.
import type { Position, RecipeNodeInput } from '#src/recipe/edit-nodes.ts';
import { recipeNodeSchema } from '#src/recipe/recipe-schema.ts';
import { placeOf } from './canvas-document.ts';
import { activeDocument, type Wire } from './canvas-store.ts';
import { drawnSizes, middleOfView } from './flow-view.ts';
import { freePlace } from './free-place.ts';
import { estimatedSize } from './layout.ts';

/** About a layout's distance between columns. */
const betweenColumns = 48;

/** Beside the node that it is wired to, else in the middle of the view; where no other node stands. */
export function placeForNew(node: RecipeNodeInput, wire: Wire | undefined): Position {
  const document = activeDocument();
  const own = estimatedSize(recipeNodeSchema.parse(node));
  if (document?.content.state !== 'recipe') return middleOfView();
  const drawn = drawnSizes();
  const taken = [...document.content.nodes.values()].map((other) => ({
    ...placeOf(document, other),
    ...(drawn.get(other.id) ?? estimatedSize(other)),
    id: other.id,
  }));
  const beside = taken.find(({ id }) => id === wire?.node);
  if (beside === undefined) return freePlace(middleOfView(), own, taken);
  const x =
    wire?.end === 'from'
      ? beside.x + beside.width + betweenColumns
      : beside.x - own.width - betweenColumns;
  return freePlace({ x, y: beside.y }, own, taken);
}
