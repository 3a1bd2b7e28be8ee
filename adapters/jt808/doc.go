// Package jt808 speaks JT/T 808, by which the terminals of school buses report.
package jt808
