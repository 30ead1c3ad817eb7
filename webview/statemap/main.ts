import '../shared/shared.css';
import './statemap.css';
import { findRoot, startPanel } from '../shared/panelShell.js';
import { createStateMapPanel } from './view.js';

startPanel(acquireVsCodeApi(), findRoot(), createStateMapPanel);
