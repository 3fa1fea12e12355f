/** The rows of the smallest complete product that need an application: one class per row, named after the row. */
@NullMarked
package io.switchover4j.jdbc.document;

import org.jspecify.annotations.NullMarked;
