// A port of a node: its shape tells the type, its tooltip says it. Shows while a wire is drawn whether it would take it.
import { Handle, Position } from '@xyflow/react';
import type { InputPort, PortType } from '#src/recipe/node-ports.ts';
import { classNames } from '#renderer/ui/class-names.ts';
import css from './node-port.module.css';
import { portNames } from './node-text.ts';

export function OutputPort({ type }: { type: PortType }) {
  return (
    <Handle
      type="source"
      id="output"
      position={Position.Right}
      className={classNames(css.port, css[type])}
      title={`Gives ${portNames[type]}`}
    />
  );
}

export interface InputPortViewProps {
  port: InputPort;
  /** Pixels from the node's top. */
  top: number;
}

export function InputPortView({ port, top }: InputPortViewProps) {
  return (
    <Handle
      type="target"
      id={port.name}
      position={Position.Left}
      style={{ top }}
      className={classNames(css.port, css[port.accepts])}
      title={`Takes ${portNames[port.accepts]}: ${port.needs}`}
    />
  );
}
