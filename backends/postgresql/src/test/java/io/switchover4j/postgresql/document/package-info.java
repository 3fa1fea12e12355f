/** The smallest complete product, row by row: one class per row of the table, named after the row, against a real pair. */
@NullMarked
package io.switchover4j.postgresql.document;

import org.jspecify.annotations.NullMarked;
