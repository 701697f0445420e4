// While a wire is drawn over a node that does not take it, the reason stands at the pointer.
import { useConnection } from '@xyflow/react';
import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { whyNotConnect } from '#src/recipe/edit-nodes.ts';
import { activeRecipe } from './canvas-store.ts';
import css from './connection-reason.module.css';

interface Reason {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

export function ConnectionReason() {
  const from = useConnection((connection) =>
    connection.inProgress ? connection.fromNode.id : undefined,
  );
  const forwards = useConnection(
    (connection) => connection.inProgress && connection.fromHandle.type === 'source',
  );
  const [reason, setReason] = useState<Reason | undefined>();

  useEffect(() => {
    if (from === undefined) return;
    const onMove = (event: PointerEvent) => setReason(reasonAt(event, from, forwards));
    window.addEventListener('pointermove', onMove);
    return () => {
      window.removeEventListener('pointermove', onMove);
      setReason(undefined);
    };
  }, [from, forwards]);

  if (reason === undefined) return null;
  return createPortal(
    <div className={css.reason} role="status" style={{ left: reason.x + 14, top: reason.y + 16 }}>
      {reason.text}
    </div>,
    document.body,
  );
}

function reasonAt(event: PointerEvent, from: string, forwards: boolean): Reason | undefined {
  const over = document
    .elementFromPoint(event.clientX, event.clientY)
    ?.closest<HTMLElement>('.react-flow__node')?.dataset.id;
  const recipe = activeRecipe();
  if (over === undefined || over === from || recipe === undefined) return undefined;
  const { nodes, edges } = recipe.recipe;
  const text = forwards
    ? whyNotConnect(nodes, edges, from, over)
    : whyNotConnect(nodes, edges, over, from);
  if (text === undefined) return undefined;
  // Stays inside the window at its right and lower edge.
  return {
    text,
    x: Math.min(event.clientX, window.innerWidth - 320),
    y: Math.min(event.clientY, window.innerHeight - 96),
  };
}
