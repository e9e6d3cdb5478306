<?php
/**
 * Plugin Name: Converge for TikTok
 * Description: Tracks the shop with converge.js. Copy this folder to wp-content/plugins.
 * Requires Plugins: woocommerce
 */

defined( 'ABSPATH' ) || exit;

const CONVERGE_SCRIPT = 'https://converge.shop.example/converge.js'; // your forwarder, which provides the config

// The statuses of a paid order. With any other status, TikTok would count money that the shop may never get.
const CONVERGE_PAID = array( 'processing', 'completed' );

// Queues calls until the file has loaded.
const CONVERGE_STUB = <<<'JS'
	window.converge = window.converge || { q: [] }
	for (const name of ['init', 'track', 'set', 'consent', 'on']) {
	  converge[name] = converge[name] || ((...rest) => { converge.q.push([name, ...rest]) })
	}
	JS;

add_action( 'wp_enqueue_scripts', function () {
	wp_enqueue_script( 'converge-storefront', plugins_url( 'converge-storefront.js', __FILE__ ), array( 'jquery' ), '1', true );
	wp_enqueue_script( 'converge', CONVERGE_SCRIPT, array(), null, array( 'strategy' => 'async' ) );
	wp_add_inline_script( 'converge', CONVERGE_STUB, 'before' );
} );

// Pages come from a cache and are the same for every visitor. So this prints what the page shows, and nothing about the
// visitor. Only the thank-you page belongs to one visitor, and WooCommerce does not cache it.
add_action( 'wp_footer', function () {
	$page = array( 'currency' => get_woocommerce_currency() );
	if ( is_product() ) {
		$product         = wc_get_product( get_queried_object_id() );
		$page['product'] = converge_item( $product );
		// The form of a grouped product adds its children, each with its own quantity.
		if ( $product->is_type( 'grouped' ) ) {
			$children         = array_filter( array_map( 'wc_get_product', $product->get_children() ) );
			$page['children'] = array_map( 'converge_item', array_values( $children ) );
		}
	} elseif ( is_product_taxonomy() ) {
		$term = get_queried_object();
		$page['collection'] = array( 'id' => $term->term_id, 'name' => converge_text( $term->name ) );
	} elseif ( is_search() ) {
		$page['searched'] = get_search_query( false );
	} elseif ( is_order_received_page() ) {
		$order = wc_get_order( absint( get_query_var( 'order-received' ) ) );
		$key   = wc_clean( wp_unslash( $_GET['key'] ?? '' ) );
		// Only the buyer has the key. An address without it could be guessed.
		$is_theirs = $order && is_string( $key ) && hash_equals( $order->get_order_key(), $key );
		if ( $is_theirs && in_array( $order->get_status(), CONVERGE_PAID, true ) ) {
			// WooCommerce Subscriptions creates renewals, and lets customers pay failed ones.
			$is_renewal = 'subscription' === $order->get_created_via();

			$page[ $is_renewal ? 'renewal' : 'order' ] = converge_order( $order );
		}
	} elseif ( is_checkout() && ! is_checkout_pay_page() ) {
		// For WooCommerce, the order-pay page is a checkout. But its order was placed before, and the cart is empty.
		$cart = WC()->cart;
		if ( $cart && $cart->get_cart() ) {
			$page['checkout'] = converge_cart( $cart );
		}
	}
	// Slashes and tags are escaped, so that no product name ends the script.
	echo '<script type="application/json" id="converge-page">' . wp_json_encode( $page, JSON_HEX_TAG ) . '</script>';
}, 5 );

// Each button that adds by AJAX carries its own product.
add_filter( 'woocommerce_loop_add_to_cart_args', function ( $args, $product ) {
	// In an attribute, WordPress does not escape text that looks like an entity. So it must contain no "&".
	$args['attributes']['data-converge'] = wp_json_encode( converge_item( $product ), JSON_HEX_AMP );
	return $args;
}, 10, 2 );

// WordPress stores names as HTML ("Set &amp; more"). TikTok shows them as text.
function converge_text( $html ) {
	return html_entity_decode( $html, ENT_QUOTES | ENT_HTML5, 'UTF-8' );
}

function converge_item( $product ) {
	return array(
		'product_id' => $product->get_parent_id() ?: $product->get_id(),
		'variant_id' => $product->get_parent_id() ? $product->get_id() : null,
		'sku'        => $product->get_sku(),
		'name'       => converge_text( $product->get_name() ),
		'price'      => wc_get_price_to_display( $product ),
		'currency'   => get_woocommerce_currency(),
	);
}

function converge_cart( $cart ) {
	return array(
		'total_price'    => $cart->get_total( 'edit' ),
		'total_tax'      => $cart->get_total_tax(),
		'total_shipping' => $cart->get_shipping_total(),
		'total_discount' => $cart->get_discount_total(),
		'currency'       => get_woocommerce_currency(),
		'items'          => array_values( array_map( function ( $line ) {
			return array( 'quantity' => $line['quantity'] ) + converge_item( $line['data'] );
		}, $cart->get_cart() ) ),
	);
}

function converge_order( $order ) {
	$items    = array();
	$decimals = wc_get_price_decimals();
	foreach ( $order->get_items() as $line ) {
		$product  = $line->get_product();
		$quantity = $line->get_quantity();
		// The paid price with tax. WooCommerce rounds both parts like this in its webhook, whose price is computed in the same way.
		$paid     = round( (float) $line->get_total(), $decimals ) + round( (float) $line->get_total_tax(), $decimals );
		$items[] = array(
			'product_id' => $line->get_product_id(),
			'variant_id' => $line->get_variation_id() ?: null,
			'sku'        => $product ? $product->get_sku() : null,
			'name'       => converge_text( $line->get_name() ),
			'price'      => $quantity ? $paid / $quantity : null,
			'quantity'   => $quantity,
		);
	}
	return array(
		'id'             => (string) $order->get_id(), // also the webhook's ID, so that TikTok counts the order once
		'total_price'    => $order->get_total(),
		'total_tax'      => $order->get_total_tax(),
		'total_shipping' => $order->get_shipping_total(),
		'total_discount' => $order->get_discount_total(),
		'currency'       => $order->get_currency(),
		'items'          => $items,
		'$email'         => $order->get_billing_email(),
		'$phone_number'  => $order->get_billing_phone(),
		'$country_code'  => $order->get_billing_country(),
	);
}
