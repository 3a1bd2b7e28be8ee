// Package export writes lists into files that people keep: CSV and XLSX, row by row, as
// jobs with progress that can be called off. It knows no list: whoever begins a job hands
// over what reads the rows. Memory does not grow with the rows, files and jobs are
// bounded, and everything is written to the audit before it happens.
package export
