// Package guard holds what a school's guards write down: visitors, pupils who leave in class
// hours, duty at the gate, certificates, the watch list, and what to mind of a pupil. It
// judges them and says which alarms follow from them.
//
// Names and numbers of people are in the records, which SQL keeps, and nowhere else: alarms,
// the audit and logs name a record by its id. Every change carries an id that the browser
// made; the same one again changes nothing, so a page may send again what it kept while the
// connection was down.
package guard
