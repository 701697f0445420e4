// The wires of one node, for the keyboard: where it can go, why it cannot go elsewhere, and which wires to take away.
import type { RecipeDocument } from '#src/recipe/recipe-file.ts';
import { connect, deleteEdge, type ConnectTarget } from './canvas-actions.ts';
import { activeRecipe, closePalette } from './canvas-store.ts';
import { focusNode } from './flow-view.ts';
import { shortName } from './node-text.ts';
import { PaletteGroup, PaletteItem } from './palette-item.tsx';

export interface ConnectPageProps {
  node: string;
  targets: (document: RecipeDocument, from: string) => ConnectTarget[];
}

export function ConnectPage({ node, targets }: ConnectPageProps) {
  const document = activeRecipe();
  if (document === undefined) return null;
  const { nodes, edges } = document.recipe;
  const byId = new Map(nodes.map((one) => [one.id, one]));
  const nameOf = (id: string) => {
    const one = byId.get(id);
    return one === undefined ? id : shortName(one);
  };
  const all = targets(document, node);
  const wires = edges.filter(({ from, to }) => from === node || to === node);
  const wired = new Set(wires.flatMap(({ from, to }) => (from === node ? [to] : [])));
  const done = (run: () => void) => () => {
    closePalette();
    run();
    focusNode(node);
  };
  return (
    <>
      {all.some(({ reason }) => reason === undefined) && (
        <PaletteGroup name="Connect to">
          {all
            .filter(({ reason }) => reason === undefined)
            .map(({ id, replaces }) => (
              <PaletteItem
                key={id}
                value={`to ${id}`}
                keywords={[nameOf(id)]}
                title={nameOf(id)}
                detail={replaces === undefined ? undefined : `in place of ${nameOf(replaces)}`}
                onSelect={done(() => connect(node, id))}
              />
            ))}
        </PaletteGroup>
      )}
      {wires.length > 0 && (
        <PaletteGroup name="Remove a wire">
          {wires.map((edge) => (
            <PaletteItem
              key={`${edge.from} ${edge.to}`}
              value={`remove ${edge.from} ${edge.to}`}
              keywords={[nameOf(edge.from), nameOf(edge.to)]}
              title={
                edge.from === node ? `Wire to ${nameOf(edge.to)}` : `Wire from ${nameOf(edge.from)}`
              }
              onSelect={done(() => deleteEdge(edge))}
            />
          ))}
        </PaletteGroup>
      )}
      <PaletteGroup name="Cannot be wired">
        {all
          .filter(({ id, reason }) => reason !== undefined && !wired.has(id))
          .map(({ id, reason }) => (
            <PaletteItem
              key={id}
              value={`refused ${id}`}
              keywords={[nameOf(id)]}
              title={nameOf(id)}
              detail={reason}
              disabled
              onSelect={() => undefined}
            />
          ))}
      </PaletteGroup>
    </>
  );
}
