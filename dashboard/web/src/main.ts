import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { i18n } from './lib/i18n.svelte';

// Not awaited here: chunks that import this one would wait for it.
void i18n.start().then(() => mount(App, { target: document.getElementById('app')! }));
