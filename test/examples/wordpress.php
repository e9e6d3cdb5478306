<?php
// Stands in for WordPress and WooCommerce, as far as examples/woocommerce/converge-tiktok.php calls them. It reads a page as JSON,
// runs the plugin as it is, and prints what the page then holds.
//   php wordpress.php <plugin> < page.json

define( 'ABSPATH', '/' );

$site  = json_decode( stream_get_contents( STDIN ), true );
$hooks = array();
$_GET  = $site['get'] ?? array();

function add_action( $name, $callback, $priority = 10, $accepted = 1 ) {
	$GLOBALS['hooks'][ $name ][] = $callback;
}

function add_filter( $name, $callback, $priority = 10, $accepted = 1 ) {
	add_action( $name, $callback );
}

function run_hooks( $name, ...$given ) {
	foreach ( $GLOBALS['hooks'][ $name ] ?? array() as $callback ) {
		$given[0] = $callback( ...$given );
	}
	return $given[0] ?? null;
}

// ── WordPress ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function plugins_url( $path, $plugin ) {
	return '/wp-content/plugins/' . basename( dirname( $plugin ) ) . '/' . $path;
}

function wp_enqueue_script( $handle, $source ) {
	$GLOBALS['scripts'][ $handle ] = $source;
}

function wp_add_inline_script( $handle, $code, $position ) {
	$GLOBALS['inline'][ $handle ] = $code;
}

function wp_json_encode( $value, $flags = 0 ) {
	return json_encode( $value, $flags | JSON_THROW_ON_ERROR );
}

function wp_unslash( $value ) {
	return is_array( $value ) ? array_map( 'wp_unslash', $value ) : stripslashes( $value );
}

function esc_attr( $text ) {
	// As WordPress does: what looks like an entity is not escaped again.
	return htmlspecialchars( $text, ENT_QUOTES, 'UTF-8', false );
}

function absint( $number ) {
	return abs( (int) $number );
}

function get_query_var( $name ) {
	return $GLOBALS['site']['query_vars'][ $name ] ?? '';
}

function get_queried_object_id() {
	return $GLOBALS['site']['product'];
}

function get_queried_object() {
	return (object) $GLOBALS['site']['term'];
}

function get_search_query( $escaped ) {
	return $GLOBALS['site']['searched'];
}

function is_search() {
	return isset( $GLOBALS['site']['searched'] );
}

// ── WooCommerce: conditional tags ──────────────────────────────────────────────────────────────────────────────────────

function is_product() {
	return isset( $GLOBALS['site']['product'] );
}

function is_product_taxonomy() {
	return isset( $GLOBALS['site']['term'] );
}

// The two pages at the end of a checkout are pages of it.
function is_checkout() {
	return ! empty( $GLOBALS['site']['is_checkout'] );
}

function is_order_received_page() {
	return is_checkout() && get_query_var( 'order-received' ) !== '';
}

function is_checkout_pay_page() {
	return is_checkout() && get_query_var( 'order-pay' ) !== '';
}

// ── WooCommerce: what the plugin asks for ──────────────────────────────────────────────────────────────────────────────

function get_woocommerce_currency() {
	return 'EUR';
}

function wc_get_price_decimals() {
	return $GLOBALS['site']['decimals'] ?? 2;
}

function wc_clean( $value ) {
	return is_array( $value ) ? array_map( 'wc_clean', $value ) : trim( $value );
}

function wc_get_product( $id ) {
	$product = $GLOBALS['site']['products'][ $id ] ?? null;
	return $product ? new Stored( array( 'id' => $id ) + $product ) : false;
}

function wc_get_order( $id ) {
	$order = $GLOBALS['site']['order'] ?? null;
	return $order && $order['id'] === $id ? new Stored( $order ) : false;
}

function wc_get_price_to_display( $product ) {
	return $product->get_price();
}

function WC() {
	$lines = array_map( function ( $line ) {
		return array( 'quantity' => $line['quantity'], 'data' => wc_get_product( $line['product'] ) );
	}, $GLOBALS['site']['cart'] ?? array() );
	return (object) array( 'cart' => new Stored( array( 'cart' => $lines ) + ( $GLOBALS['site']['totals'] ?? array() ) ) );
}

// A product, an order, one of its lines, or the cart: each answers get_NAME() with what the page's JSON says of it.
class Stored {
	private $values;

	public function __construct( $values ) {
		$this->values = $values;
	}

	public function is_type( $type ) {
		return ( $this->values['type'] ?? 'simple' ) === $type;
	}

	public function get_product() {
		return wc_get_product( $this->get_variation_id() ?: $this->get_product_id() );
	}

	public function get_items() {
		return array_map( function ( $line ) {
			return new Stored( $line );
		}, $this->values['items'] );
	}

	public function __call( $method, $given ) {
		$defaults = array( 'parent_id' => 0, 'children' => array(), 'variation_id' => 0, 'sku' => '' );
		$values   = $this->values + $defaults;
		$name     = preg_replace( '/^get_/', '', $method );
		if ( ! array_key_exists( $name, $values ) ) {
			throw new BadMethodCallException( "The page's JSON says nothing of $name." );
		}
		return $values[ $name ];
	}
}

// ── The page ───────────────────────────────────────────────────────────────────────────────────────────────────────────

require $argv[1];

run_hooks( 'wp_enqueue_scripts' );
foreach ( $site['buttons'] ?? array() as $button ) {
	$args       = run_hooks( 'woocommerce_loop_add_to_cart_args', array( 'attributes' => array() ), wc_get_product( $button['product'] ) );
	$attributes = array( 'data-quantity' => $button['quantity'] ?? 1, 'data-product_id' => $button['product'] ) + $args['attributes'];
	echo '<a href="#" class="button add_to_cart_button ajax_add_to_cart"';
	foreach ( $attributes as $name => $value ) {
		echo ' ' . $name . '="' . esc_attr( $value ) . '"';
	}
	echo '>Add to cart</a>';
}
run_hooks( 'wp_footer' );
