import '../shared/shared.css';
import './diagnosis.css';
import { findRoot, startPanel } from '../shared/panelShell.js';
import { createDiagnosisPanel } from './view.js';

startPanel(acquireVsCodeApi(), findRoot(), createDiagnosisPanel);
